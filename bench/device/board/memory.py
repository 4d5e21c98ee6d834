"""Bytes of the heap, and the stack, for one connection as a client or a server.

All but "context" is above what the context holds, and after a first connection from
another context, which pays for what all contexts share.
"""

import meter

import sides

SMALL = 200
LARGE = 16384


def warm_up(role):
    tls = sides.wrap(sides.context(role), sides.plain(role), role)
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
    sock = sides.plain(role)
    small, large = bytearray(SMALL), bytearray(LARGE)
    sides.settle()
    base = meter.used()
    meter.start(True)
    tls = sides.wrap(context, sock, role)
    figures = meter.stop()
    for name, value in zip(("peak", "largest", "blocks", "stack"), figures[2:]):
        sides.figure(name, value)
    figures = None  # or it would be part of what is idle
    records(tls, small, base, "small")
    sides.settle()
    sides.figure("idle", meter.used() - base)
    records(tls, large, base, "large")
    sides.settle()
    sides.figure("idle-large", meter.used() - base)
    tls.close()


def run():
    role = sides.words()["role"]
    sides.settle()
    first = meter.used()
    warm_up(role)
    sides.settle()
    before = meter.used()
    sides.figure("shared", before - first)
    context = sides.context(role)
    sides.settle()
    sides.figure("context", meter.used() - before)
    connection(context, role)
