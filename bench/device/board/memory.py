"""Bytes of the heap, and the stack, for one connection as a client or a server.

All but "context" is above what the context holds, and after a first connection from
another context, which pays for what all contexts share.
"""

import gc
import meter
import socket

import sides

SMALL = 200
LARGE = 16384
PORT = 4433


def plain_connection(role):
    if role == "client":
        return sides.connected(sides.words()["port"])
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", PORT))
    listener.listen(1)
    print("connect")
    sock = listener.accept()[0]
    listener.close()
    return sock


def make_context(role):
    version = sides.words()["version"]
    return sides.client_context(version) if role == "client" else sides.server_context(version)


def wrap(context, sock, role):
    if role == "client":
        return context.wrap_socket(sock, server_hostname=sides.NAME)
    return context.wrap_socket(sock, server_side=True)


def warm_up(role):
    tls = wrap(make_context(role), plain_connection(role), role)
    exchange(tls, bytearray(SMALL))
    tls.close()


def exchange(tls, buf):
    tls.write(buf)
    sides.peer_sends(len(buf))
    tls.readinto(buf)


def records(tls, buf, base, name):
    """The peak of a write and a read of one record each, and the largest block."""
    exchange(tls, buf)
    sides.settle()
    held = meter.used() - base
    meter.start(True)
    exchange(tls, buf)
    figures = meter.stop()
    sides.figure(name + "-peak", held + figures[2])
    sides.figure(name + "-largest", figures[3])


def connection(context, role):
    sock = plain_connection(role)
    small, large = bytearray(SMALL), bytearray(LARGE)
    sides.settle()
    base = meter.used()
    meter.start(True)
    tls = wrap(context, sock, role)
    figures = meter.stop()
    for name, value in zip(("peak", "largest", "blocks", "stack"), figures[2:]):
        sides.figure(name, value)
    records(tls, small, base, "small")
    sides.settle()
    sides.figure("idle", meter.used() - base)
    records(tls, large, base, "large")
    sides.settle()
    sides.figure("idle-large", meter.used() - base)
    tls.close()


def run():
    role = sides.words()["role"]
    warm_up(role)
    sides.settle()
    before = meter.used()
    context = make_context(role)
    sides.settle()
    sides.figure("context", meter.used() - before)
    connection(context, role)
