"""The TLS module of this firmware, ussl or MicroPython's own, behind the same calls."""

import gc
import socket
import sys

try:
    import ussl as ssl

    OURS = True
except ImportError:
    import tls as ssl

    OURS = False

import certificates

HOST = "10.0.2.2"
NAME = "localhost"
PORT = 4433


def words():
    """What the host says about this run: argv's words NAME=VALUE."""
    return dict(word.split("=", 1) for word in sys.argv[2:])


def pin(context, version):
    if OURS:
        number = ssl.PROTOCOL_TLSv1_3 if version == "1.3" else ssl.PROTOCOL_TLSv1_2
        context.minimum_version = context.maximum_version = number
    return context


def client_context(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if OURS:
        context.load_verify_locations(cadata=certificates.ROOT)
    else:
        context.load_verify_locations(certificates.ROOT)
    return pin(context, version)


def server_context(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.LEAF, certificates.LEAF_KEY)
    return pin(context, version)


def context(role):
    version = words()["version"]
    return client_context(version) if role == "client" else server_context(version)


def connected(port):
    sock = socket.socket()
    sock.connect((HOST, int(port)))
    return sock


def accepted():
    """A client that the host starts as soon as it can be taken."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", PORT))
    listener.listen(1)
    print("connect")
    sock = listener.accept()[0]
    listener.close()
    return sock


def plain(role):
    """A connection without TLS yet."""
    return connected(words()["port"]) if role == "client" else accepted()


def wrap(context, sock, role, session=None):
    """The handshake."""
    if role == "server":
        return context.wrap_socket(sock, server_side=True)
    if session:
        return context.wrap_socket(sock, server_hostname=NAME, session=session)
    return context.wrap_socket(sock, server_hostname=NAME)


def settle():
    """Leave nothing in the heap that nobody holds."""
    gc.collect()
    gc.collect()


def figure(name, value):
    print("figure", name, value)


def peer_sends(count):
    """Ask the host's peer for so many bytes of data."""
    print("send", count)
