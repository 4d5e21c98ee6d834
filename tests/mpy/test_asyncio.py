# asyncio's streams over TLS as clients, with peers that behave and others.
# peers: tls12 tls13 silent trickle garbage plain cut other=tls13,cert=other-server
# timeout: 240
import errno
from asynchronous import *

LARGE = 20000 if peers.BOARD else 200000
LATE = 200000 if peers.BOARD else 10000000  # more than the way to the peer holds


@both
async def lines_and_pieces(peer):
    forget()
    reader, writer = await connect(getattr(peers, peer))
    writer.write(b"say one\\ntwo\n")
    await writer.drain()
    equal(await reader.readline(), b"one\n")
    equal(await reader.readline(), b"two\n")
    writer.write(b"send 300\n")
    await writer.drain()
    equal(await reader.readexactly(200), pattern(300)[:200])
    got = await reader.read(1000)
    while len(got) < 100:
        got += await reader.read(1000)
    equal(got, pattern(300)[200:])
    await goodbye(writer)
    equal(report(peer)["end"], "close_notify")


@both
async def the_end(peer):
    for end in (b"bye", b"drop"):
        reader, writer = await connect(getattr(peers, peer))
        writer.write(b"say half a line\n" + end + b"\n")
        await writer.drain()
        equal(await reader.readline(), b"half a line\n")
        await fails(reader.readexactly(5), EOFError)
        equal(await reader.read(), b"")
        equal(await reader.readline(), b"")
        await goodbye(writer)


@both
async def reading_nothing_ends_the_handshake(peer):
    stream, _ = await connect(getattr(peers, peer))
    equal(await stream.read(0), b"")
    true(stream.s.version() is not None, "no handshake")
    equal(stream.s.cipher()[1], stream.s.version())
    true(stream.s.getpeercert(True), "no certificate")
    await goodbye(stream)


@both
async def large_both_ways_at_once(peer):
    data = pattern(LARGE)
    reader, writer = await connect(getattr(peers, peer))
    writer.write(b"mirror\n")

    async def send():
        for at in range(0, LARGE, 20000):
            writer.write(data[at:at + 20000])
            await writer.drain()

    sending = asyncio.create_task(send())
    got = bytearray()
    with Ticker() as ticker:
        while len(got) < LARGE:
            got.extend(await asyncio.wait_for(reader.read(5000), 30))
    await sending
    true(got == data, "not what was sent")
    true(ticker.count > 0, "nothing else ran")
    await goodbye(writer)


@both
async def nothing_is_lost_after_drain(peer):
    # The peer reads late: drain ends when all has left, and close loses nothing.
    forget()
    reader, writer = await connect(getattr(peers, peer))
    size = LATE
    writer.write(b"hold sink %d\n" % size)
    await writer.drain()

    async def release():
        await asyncio.sleep_ms(500)
        order(do="release")

    releasing = asyncio.create_task(release())
    for at in range(0, size, 16000):
        writer.write(bytes(min(16000, size - at)))
        await writer.drain()
    await goodbye(writer)
    await releasing
    seen = report(peer)
    equal((seen["bytes"], seen["end"]), (size, "close_notify"))


@both
async def sessions_by_themselves(peer):
    context = client_context()
    context.session_cache_size = 2
    reused = []
    for _ in range(3):
        reader, writer = await connect(getattr(peers, peer), context)
        writer.write(b"say hello\n")
        await writer.drain()
        equal(await reader.readline(), b"hello\n")
        reused.append(writer.s.session_reused)
        await goodbye(writer)
    equal(reused, [False, True, True])


@both
async def saved_session(peer):
    session = None
    for turn in range(2):
        reader, writer = await connect(getattr(peers, peer), Within(client_context(), session=session))
        writer.write(b"say hello\n")
        await writer.drain()
        equal(await reader.readline(), b"hello\n")
        equal(writer.s.session_reused, turn == 1)
        session = ssl.save_session(writer.s)
        await goodbye(writer)


@asynchronous
async def no_ticket_never_blocks():
    # TLS 1.3, and the server's ticket has not come: told at once.
    context = server_context()
    context.num_tickets = 0
    async with Server(context) as server:
        stream, _ = await connect(server.address)
        equal(await stream.read(0), b"")
        clock = Clock()
        error = raises(OSError, ssl.save_session, stream.s)
        true(clock() < 1, "it waited")
        equal(error.errno, errno.EAGAIN)
        await goodbye(stream)


# ---- handshakes that fail, seen by a client ----


def refused(name, kind):
    async def run():
        before = descriptors()
        with Ticker() as ticker:
            await fails(talk(getattr(peers, name)), kind)
        equal(descriptors(), before)

    case("refused: " + name, lambda: asyncio.run(run()))


refused("other", ssl.SSLCertVerificationError)
refused("garbage", ssl.SSLError)
refused("plain", ssl.SSLError)
refused("cut", OSError)


@asynchronous
async def deadline_of_a_client():
    for name in ("silent", "trickle"):
        clock = Clock()
        with Ticker() as ticker:
            await fails(talk(getattr(peers, name), Within(client_context(), timeout=1)), ssl.SSLTimeoutError)
        clock.between(0.9, 10)
        true(ticker.count > 20, "other tasks ran %d times" % ticker.count)


@asynchronous
async def cancelled_in_the_handshake():
    before = descriptors()
    clock = Clock()
    await fails(asyncio.wait_for(talk(peers.silent), 0.3), asyncio.TimeoutError)
    task = asyncio.create_task(talk(peers.silent))
    await asyncio.sleep_ms(100)
    task.cancel()
    await fails(task, asyncio.CancelledError)
    true(clock() < 5, "it waited for the handshake's deadline")
    equal(descriptors(), before)


@both
async def cancelled_in_a_read(peer):
    reader, writer = await connect(getattr(peers, peer))
    await fails(asyncio.wait_for(reader.readline(), 0.2), asyncio.TimeoutError)
    await fails(asyncio.wait_for(reader.read(10), 0.2), asyncio.TimeoutError)
    writer.write(b"say after it\n")
    await writer.drain()
    equal(await reader.readline(), b"after it\n")
    await goodbye(writer)


@both
async def cancelled_in_drain(peer):
    # The peer does not read: drain is given up, and the connection closed. All that had been
    # drained before arrives.
    forget()
    reader, writer = await connect(getattr(peers, peer))
    head = b"hold sink 1000000000\n"
    writer.write(head)
    await writer.drain()
    drained = len(head)

    async def fill():
        nonlocal drained
        while True:
            writer.write(bytes(16000))
            await asyncio.wait_for(writer.drain(), 0.5)
            drained += 16000

    await fails(fill(), asyncio.TimeoutError)
    clock = Clock()
    await goodbye(writer)
    true(clock() < 1, "close waited")
    order(do="release")
    received = report(peer).get("received", 0)
    true(received >= drained, "%d of %d bytes arrived" % (received, drained))


run()
