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


def connected(port):
    sock = socket.socket()
    sock.connect((HOST, int(port)))
    return sock


def settle():
    """Leave nothing in the heap that nobody holds."""
    gc.collect()
    gc.collect()


def figure(name, value):
    print("figure", name, value)


def peer_sends(count):
    """Ask the host's peer for so many bytes of data."""
    print("send", count)
