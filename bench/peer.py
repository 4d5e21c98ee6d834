"""The fixed peer of the data and memory cases: CPython's ssl in a process of its own.

    python3 bench/peer.py VERSION

Prints its port. Each client's lines are orders: "sink N" takes N bytes and says so,
"source COUNT SIZE" writes COUNT pieces of SIZE bytes, anything else is sent back.
A line is one record, so it never arrives together with the data behind it.
AES-128-GCM only: for TLS 1.3 through OPENSSL_CONF, which sides.py points here.
"""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests"))

from support import pytls  # noqa: E402

PIECE = 65536


def sink(conn, total):
    view = memoryview(bytearray(PIECE))
    while total > 0:
        got = conn.recv_into(view[:min(PIECE, total)])
        if not got:
            return
        total -= got
    conn.sendall(b"done\n")


def source(conn, count, size):
    """Corked, so that small records arrive in bulk and the reader is what is measured."""
    data = bytes(size)
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    for _ in range(count):
        conn.sendall(data)
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


def obey(conn):
    orders = {b"sink": sink, b"source": source}
    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    conn.settimeout(600)  # a client may sit idle while others are measured
    while True:
        line = conn.recv(100)
        if not line:
            return
        words = line.split()
        if words[0] in orders:
            orders[words[0]](conn, *map(int, words[1:]))
        else:
            conn.sendall(line)


def main():
    version = sys.argv[1]
    context = pytls.server_context(version=version)
    if version == "1.2":
        context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    with pytls.PythonServer(context=context, handler=obey) as server:
        print(server.port, flush=True)
        sys.stdin.read()  # ends when our starter does


if __name__ == "__main__":
    main()
