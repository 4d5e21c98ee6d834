"""Instructions of handshakes: full and resumed, on a fresh and on a fragmented heap."""

import meter

import sides
import tls

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
    ss = sides.wrap(context, sock, role, session)
    count = meter.stop()[0]
    sides.figure("resumed" if session else "full", count)
    ss.write(b"x")
    sides.peer_sends(1)
    ss.read(1)
    return ss


def run():
    words = sides.words()
    role = words["role"]
    context = sides.context(role)
    if "psk_alone" in words:
        context.options |= tls.OP_ALLOW_NO_DHE_KEX
    held = fragment() if "fragmented" in words else None
    ss = handshake(context, role)
    if "resume" in words:
        session = ss.session
        ss.close()
        ss = handshake(context, role, session)
        sides.figure("reused", int(ss.session_reused))
    ss.close()
    del held
