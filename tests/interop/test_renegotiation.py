#!/usr/bin/env python3
"""A TLS 1.2 server asks to renegotiate while nothing that ussl sends gets through:
the refusal, a warning alert, takes its place in the queue, and what is written
behind it arrives too.

No real server can be made to do just this, so OpenSSL only shakes hands; the
HelloRequest, and the reading of what comes back, are done here with the keys
from OpenSSL's key log (RFC 5246, RFC 5288).
"""
import hmac
import os
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, pytls  # noqa: E402
from support.report import case, end, equal  # noqa: E402

ALERT, HANDSHAKE, DATA = 21, 22, 23
HELLO_REQUEST = bytes(4)

CLIENT = """
import socket, ssl, sys, time
s = socket.socket()
s.connect(socket.getaddrinfo(HOST, PORT)[0][-1])
s.setsockopt(socket.SOL_SOCKET, 7, 20000)  # SO_SNDBUF: soon full
ss = ssl.wrap_socket(s)
sys.stdin.readline()
ss.setblocking(False)


def fill():
    for _ in range(3):
        while ss.write(bytes(16000)) is not None:
            pass
        time.sleep(0.3)  # the kernel may find some more room


fill()
print("full")
sys.stdin.readline()
fill()
while ss.write(bytes(16000)) is not None:
    pass
try:
    ss.recv(1)
except OSError as error:
    print("recv", error.errno)
sys.stdin.readline()
ss.settimeout(10)
print("taken", ss.write(b"FIRST"), ss.write(b"SECOND"))
ss.close()
"""


def aes(mode, key, data, *words):
    done = subprocess.run(("openssl", "enc", "-aes-128-" + mode, "-nopad", "-K", key.hex()) + words,
                          input=data, stdout=subprocess.PIPE, check=True)
    return done.stdout


def times(x, y):
    """The product in GCM's field, where the first bit of a block is its lowest."""
    product = 0
    for bit in range(127, -1, -1):
        product ^= y if x >> bit & 1 else 0
        y = y >> 1 ^ (0xe1 << 120 if y & 1 else 0)
    return product


def seal(key, nonce, extra, text):
    """AES-GCM for a text of one block at most."""
    zero, first, second = (aes("ecb", key, block) for block in
                           (bytes(16), nonce + b"\0\0\0\1", nonce + b"\0\0\0\2"))
    cipher = bytes(a ^ b for a, b in zip(text, second))
    total = 0
    for block in (extra.ljust(16, b"\0"), cipher.ljust(16, b"\0"),
                  struct.pack(">QQ", 8 * len(extra), 8 * len(cipher))):
        total = times(int.from_bytes(zero, "big"), total ^ int.from_bytes(block, "big"))
    return cipher + bytes(a ^ b for a, b in zip(first, total.to_bytes(16, "big")))


def expand(secret, seed, size):
    """The key block of TLS 1.2."""
    seed = b"key expansion" + seed
    block, out = seed, b""
    while len(out) < size:
        block = hmac.digest(secret, block, "sha256")
        out += hmac.digest(secret, block + seed, "sha256")
    return out[:size]


class Server:
    """One TLS 1.2 connection: the handshake is OpenSSL's, the records are ours."""

    def __init__(self, folder):
        self.log = os.path.join(folder, "keys")
        self.context = pytls.server_context(version="1.2")
        self.context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        self.context.options |= ssl.OP_NO_TICKET
        self.context.keylog_filename = self.log
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(1)
        self.ready = threading.Event()
        threading.Thread(target=self.shake, daemon=True).start()

    def shake(self):
        self.sock, _ = self.listener.accept()
        self.sock.settimeout(20)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self.context.wrap_bio(incoming, outgoing, server_side=True)
        sent, done = b"", False
        while not done:
            try:
                tls.do_handshake()
                done = True
            except ssl.SSLWantReadError:
                pass
            flight = outgoing.read()
            self.sock.sendall(flight)
            sent += flight
            if not done:
                incoming.write(self.sock.recv(1000))
        self.take_keys(sent[11:43])
        self.ready.set()

    def take_keys(self, server_random):
        with open(self.log) as file:
            words = [line.split() for line in file if line.startswith("CLIENT_RANDOM")][0]
        client_random, secret = (bytes.fromhex(word) for word in words[1:])
        block = expand(secret, server_random + client_random, 40)
        self.read_key, self.write_key = block[:16], block[16:32]
        self.read_salt, self.write_salt = block[32:36], block[36:40]

    def ask_to_renegotiate(self):
        """The server's second protected record: the first was its Finished."""
        number = struct.pack(">Q", 1)
        extra = number + struct.pack(">BHH", HANDSHAKE, 0x303, len(HELLO_REQUEST))
        body = number + seal(self.write_key, self.write_salt + number, extra, HELLO_REQUEST)
        self.sock.sendall(struct.pack(">BHH", HANDSHAKE, 0x303, len(body)) + body)

    def last_records(self, count):
        """Type and text of the last records that come."""
        data = b""
        part = self.sock.recv(65536)
        while part:
            data += part
            part = self.sock.recv(65536)
        records = []
        while data:
            kind, _, size = struct.unpack(">BHH", data[:5])
            records.append((kind, data[5:5 + size]))
            data = data[5 + size:]
        return [(kind, self.text(body)) for kind, body in records[-count:]]

    def text(self, body):
        start = self.read_salt + body[:8] + b"\0\0\0\2"
        return aes("ctr", self.read_key, body[8:-16], "-d", "-iv", start.hex())[:20]


def behind_the_refusal(folder):
    server = Server(folder)
    host, port = server.listener.getsockname()
    with server.listener, mpy.start(CLIENT, {"HOST": host, "PORT": port}) as client:
        assert server.ready.wait(20), "no handshake"
        with server.sock:
            client.send("\n")
            client.wait_for("full\n")
            server.ask_to_renegotiate()
            time.sleep(0.3)
            client.send("\n")
            client.wait_for("recv 11\n")
            client.send("\n")
            records = server.last_records(4)
        equal(client.wait(), 0, "exit status, having said " + client.text)
        client.wait_for("taken 5 6\n")
    equal(records, [(ALERT, b"\1\x64"), (DATA, b"FIRST"), (DATA, b"SECOND"), (ALERT, b"\1\0")],
          "warning no_renegotiation, two texts, close_notify")


if __name__ == "__main__":
    with case("what is written behind a refused renegotiation arrives"):
        with tempfile.TemporaryDirectory(prefix="ussl-renegotiation-") as folder:
            behind_the_refusal(folder)
    end()
