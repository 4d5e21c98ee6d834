# Memory under the program's control: sizes of records, memory lent for them, and what
# connections and contexts hold.
# peers: tls12 tls13
# timeout: 120
from harness import *

import ssl
import sys

LENT = 16384 + 64
SIZES = (("record_size_limit", 16384), ("max_send_fragment", None))


def context():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki("roots.pem"))
    return ctx


def connect(ctx, peer="tls13"):
    return ctx.wrap_socket(tcp(getattr(peers, peer)), server_hostname="localhost")


def receive(ss, count):
    ss.write(b"send %d\n" % count)
    equal(ss.read(count), pattern(count))


# ---- sizes ----


@test
def sizes_have_bounds():
    ctx = context()
    equal(ctx.record_size_limit, 16384)
    most = ctx.max_send_fragment
    true(most in (4096, 16384), "a build sends %d" % most)
    for name, bound in SIZES:
        bound = bound or most
        for value in (-1, 0, 511, bound + 1, 1 << 40):
            raises((ValueError, OverflowError), setattr, ctx, name, value)
        raises(TypeError, setattr, ctx, name, "512")
        raises(TypeError, setattr, ctx, name, None)
        equal(getattr(ctx, name), bound)
        for value in (512, 1000, bound):
            setattr(ctx, name, value)
            equal(getattr(ctx, name), value)


@test
def not_while_in_use():
    ctx = context()
    ss = connect(ctx)
    for name, value in (("record_size_limit", 1024), ("max_send_fragment", 1024), ("record_buffer", bytearray(600))):
        before = getattr(ctx, name)
        raises(ValueError, setattr, ctx, name, value)
        equal(getattr(ctx, name), before)
    ss.close()
    ctx.record_size_limit = 1024


def short_records(peer):
    for limit in (512, 1024, 4096):
        ctx = context()
        ctx.record_size_limit = limit
        ctx.max_send_fragment = limit
        ss = connect(ctx, peer)
        exchange(ss, b"x" * 5000)
        receive(ss, 20000)
        ss.close()


for peer in ("tls12", "tls13"):
    case("short_records_" + peer, short_records, peer)


# ---- what is held ----


@test
def counted():
    ctx = context()
    held = ctx.memory()
    true(held.peak >= held.now > 500, "the context holds %r" % (held,))
    ss = connect(ctx)
    exchange(ss)
    now, peak = idle = ss.memory()
    equal((idle.now, idle.peak), (now, peak))
    true(800 < now < 16000, "an idle connection holds %d" % now)
    true(now < peak < 80000, "it held %d" % peak)
    ss.write(b"send 16000\n")
    ss.read(1)
    during = ss.memory().now
    ss.read(15999)
    true(during > now + 10000, "with a record of 16000 bytes under way it holds %d, idle %d" % (during, now))
    true(ss.memory().now < now + 1000, "then %d again" % ss.memory().now)
    true(ss.memory().peak >= during)
    ss.close()
    raises(OSError, ss.memory)
    true(abs(ctx.memory().now - held.now) < 4000, "the context holds %d, before %d" % (ctx.memory().now, held.now))


@test
def nothing_before_the_connection():
    ss = ssl.wrap_socket(socket.socket())
    equal(tuple(ss.memory()), (0, 0))
    ss.close()


@test
def of_an_object():
    so = context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
    true(so.memory().now > 1000, "an object holds %r" % (so.memory(),))


@test
def like_the_first():
    # The second connection of a context holds what the first did.
    ctx = context()
    seen = []
    for _ in range(3):
        ss = connect(ctx)
        exchange(ss)
        seen.append(ss.memory().now)
        ss.close()
    true(abs(seen[1] - seen[2]) < 200 and abs(seen[0] - seen[2]) < 1200, "they hold %r" % (seen,))


@test
def many_wait_for_their_servers():
    # Connections whose servers are silent take nothing from the others but memory.
    ctx = context()
    waiting = [ctx.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost") for _ in range(16)]
    for so in waiting:
        raises(ssl.SSLWantReadError, so.do_handshake)
    ss = connect(ctx)
    exchange(ss)
    ss.close()


# ---- lent memory ----


@test
def lending():
    ctx = context()
    equal(ctx.record_buffer, None)
    for wrong in (b"x" * 600, 600, "x" * 600, [0] * 600, memoryview(bytearray(600))):
        raises(TypeError, setattr, ctx, "record_buffer", wrong)
    raises(ValueError, setattr, ctx, "record_buffer", bytearray(511))
    memory = bytearray(1000)
    ctx.record_buffer = memory
    equal(ctx.record_buffer, 1000)
    equal(len(memory), 0)  # the context has its memory now
    memory.extend(b"abc")
    equal(memory, b"abc")
    ctx.record_buffer = None
    equal(ctx.record_buffer, None)


def lent(peer):
    ctx = context()
    ctx.record_buffer = bytearray(LENT)
    gc.collect()
    first = connect(ctx, peer)
    second = connect(ctx, peer)
    exchange(first)
    usual = first.memory().peak
    receive(first, 40000)
    receive(second, 40000)
    true(first.memory().peak < usual + 1000 or USES_READ_AHEAD, "%d, after %d" % (first.memory().peak, usual))
    # A record half read keeps it; the other connection manages.
    first.write(b"send 16000\n")
    equal(first.read(1), pattern(1))
    receive(second, 40000)
    equal(first.read(15999), pattern(16000)[1:])
    first.close()
    receive(second, 20000)
    second.close()


# A port with memory to spare reads ahead, and that is counted too.
USES_READ_AHEAD = sys.platform in ("linux", "darwin", "win32")

for peer in ("tls12", "tls13"):
    case("lent_" + peer, lent, peer)


@test
def lent_memory_stays():
    # Its owner may be gone, and so may the context's name.
    ctx = context()
    ctx.record_buffer = bytearray(LENT)
    ss = connect(ctx)
    del ctx
    gc.collect()
    for _ in range(5):
        junk = [bytearray(3000) for _ in range(4)]
        receive(ss, 16000)
        equal([len(j) for j in junk], [3000] * 4)
    ss.close()


run()
