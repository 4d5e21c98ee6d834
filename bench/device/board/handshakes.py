"""Instructions of handshakes: full and resumed, on a fresh and on a fragmented heap."""

import meter

import sides

FRAGMENTS = 2048  # of 32 bytes each: 64 KB


def fragment():
    """Small objects from the heap's first free place on, with a hole after each."""
    sides.settle()
    small = [None] * FRAGMENTS  # of its full size at once: growing, it would leave big holes
    for at in range(FRAGMENTS):
        small[at] = bytearray(1)
    for at in range(0, FRAGMENTS, 2):
        small[at] = None
    sides.settle()
    return small


def handshake(context, role, session=None):
    """Counted, on a connection that is then used, so that tickets arrive."""
    sock = sides.plain(role)
    sides.settle()
    meter.start(False)
    tls = sides.wrap(context, sock, role, session)
    count = meter.stop()[0]
    sides.figure("resumed" if session else "full", count)
    tls.write(b"x")
    sides.peer_sends(1)
    tls.read(1)
    return tls


def run():
    words = sides.words()
    role = words["role"]
    context = sides.context(role)
    held = fragment() if "fragmented" in words else None
    tls = handshake(context, role)
    if "resume" in words:
        session = tls.session
        tls.close()
        tls = handshake(context, role, session)
        sides.figure("reused", int(tls.session_reused))
    tls.close()
    del held
