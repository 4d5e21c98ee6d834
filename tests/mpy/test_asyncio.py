# asyncio's streams over TLS, as client and as server, with peers that behave and others.
# peers: tls12 tls13 silent trickle garbage plain cut other=tls13,cert=other-server
# timeout: 240
import asyncio
import errno
import os
from serving import *

import ssl

CLIENTS = 3 if peers.BOARD else 12
LARGE = 20000 if peers.BOARD else 200000
LATE = 200000 if peers.BOARD else 10000000  # more than the way to the peer holds
BOTH = ("tls12", "tls13")


class Within:
    # asyncio hands its `ssl` argument nothing of the sort: a handshake's time, a session.
    def __init__(self, context, **named):
        self.context, self.named = context, named

    def wrap_socket(self, sock, **named):
        return self.context.wrap_socket(sock, **named, **self.named)


class Ticker:
    # How often another task of the loop ran, at a hundredth of a second each.
    def __enter__(self):
        self.count = 0
        self.task = asyncio.create_task(self.tick())
        return self

    async def tick(self):
        while True:
            await asyncio.sleep_ms(10)
            self.count += 1

    def __exit__(self, *_):
        self.task.cancel()


def client_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki("roots.pem"))
    return context


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(IDENTITY["certfile"], IDENTITY["keyfile"])
    return context


async def connect(address, context=None):
    host, port = address
    return await asyncio.open_connection(host, port, ssl=context or client_context(), server_hostname="localhost")


async def goodbye(stream):
    stream.close()
    await stream.wait_closed()


def descriptors():
    return 0 if peers.BOARD else len(os.listdir("/proc/self/fd"))


def asynchronous(function):
    case(function.__name__, lambda: asyncio.run(function()))
    return function


def both(function):
    for peer in BOTH:
        case("%s, %s" % (function.__name__, peer), lambda peer=peer: asyncio.run(function(peer)))
    return function


async def fails(awaitable, kind=OSError, **wanted):
    try:
        result = await awaitable
    except kind as error:
        for name, value in wanted.items():
            equal(getattr(error, name), value)
        return error
    raise AssertionError("no %s, but %r" % (kind.__name__, result))


class Server:
    # start_server with a handler that echoes lines, and notes how each connection ended.
    def __init__(self, context=None):
        self.context, self.ends, self.sockets = context or server_context(), [], []

    async def __aenter__(self):
        self.address = free_address()
        self.server = await asyncio.start_server(self.handle, *self.address, ssl=self.context)
        return self

    async def __aexit__(self, *_):
        self.server.close()
        await self.server.wait_closed()

    async def handle(self, reader, writer):
        try:
            while True:
                line = await reader.readline()
                if not line:
                    break
                writer.write(line)
                await writer.drain()
            self.ends.append(None)
        except Exception as error:
            self.ends.append(error)
        finally:
            await goodbye(writer)

    async def ended(self, count, within=20):
        clock = Clock()
        while len(self.ends) < count:
            true(clock() < within, "%d of %d connections ended" % (len(self.ends), count))
            await asyncio.sleep_ms(10)


# ---- a client ----


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


async def talk(address, context=None):
    reader, writer = await connect(address, context)
    try:
        writer.write(b"hello\n")
        await writer.drain()
        return await reader.readline()
    finally:
        await goodbye(writer)


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


# ---- a server ----


@asynchronous
async def many_clients():
    async def client(number, address):
        reader, writer = await connect(address)
        for turn in range(5):
            line = b"client %d turn %d\n" % (number, turn)
            writer.write(line)
            await writer.drain()
            equal(await reader.readline(), line)
            await asyncio.sleep_ms(0)
        await goodbye(writer)

    before = descriptors()
    async with Server() as server:
        await asyncio.gather(*[client(number, server.address) for number in range(CLIENTS)])
        await server.ended(CLIENTS)
        equal(server.ends, [None] * CLIENTS)
    equal(descriptors(), before)


@both
async def a_client_of_cpythons(peer):
    # The server speaks first.
    heard = []

    async def handle(reader, writer):
        writer.write(b"say hello\n")
        await writer.drain()
        heard.append(await reader.readline())
        await goodbye(writer)

    address = free_address()
    server = await asyncio.start_server(handle, *address, ssl=server_context())
    call(address, kind=peer)
    clock = Clock()
    while not heard and clock() < 20:
        await asyncio.sleep_ms(10)
    equal(heard, [b"hello\n"])
    equal(report("call")["end"], "close_notify")
    server.close()
    await server.wait_closed()


HOSTILE = ("silent", "trickle")
WRONG = (("garbage", ssl.SSLError), ("plain", ssl.SSLError), ("cut", OSError), ("hangup", OSError),
         ("torn", OSError))


@asynchronous
async def the_deadline_frees_the_servers_task():
    before = descriptors()
    async with Server(Within(server_context(), timeout=2)) as server:
        clock = Clock()
        with Ticker() as ticker:
            for kind in HOSTILE:
                call(server.address, kind=kind)
            reader, writer = await connect(server.address)  # served meanwhile
            writer.write(b"hello\n")
            await writer.drain()
            equal(await reader.readline(), b"hello\n")
            await goodbye(writer)
            await server.ended(1 + len(HOSTILE))
        clock.between(1.5, 15)
        true(ticker.count > 50, "other tasks ran %d times" % ticker.count)
        for error in server.ends[1:]:
            true(isinstance(error, ssl.SSLTimeoutError), repr(error))
    equal(descriptors(), before)


@asynchronous
async def wrong_clients():
    before = descriptors()
    async with Server() as server:
        for number, (kind, error) in enumerate(WRONG):
            call(server.address, kind=kind)
            await server.ended(number + 1)
            true(isinstance(server.ends[number], error), "%s: %r" % (kind, server.ends[number]))
        reader, writer = await connect(server.address)
        writer.write(b"still here\n")
        await writer.drain()
        equal(await reader.readline(), b"still here\n")
        await goodbye(writer)
    equal(descriptors(), before)


@asynchronous
async def port_scans_leave_nothing():
    async def scan(address):
        s = tcp(address)
        s.close()

    async with Server() as server:
        await scan(server.address)
        await server.ended(1)
        gc.collect()
        held, files = gc.mem_alloc(), descriptors()
        for number in range(20):
            await scan(server.address)
            await server.ended(number + 2)
            server.ends[-1] = None
        gc.collect()
        true(gc.mem_alloc() - held < 4000, "the heap grew by %d" % (gc.mem_alloc() - held))
        equal(descriptors(), files)


@asynchronous
async def lack_of_memory_ends_no_server():
    # A client for which there is none gets an end; whoever comes later is served.
    if not peers.BOARD:
        raise Skip("the memory for TLS is the C library's here")
    async with Server() as server:
        gc.collect()
        ballast = [bytearray(1000) for _ in range((gc.mem_free() - 25000) // 1024)]
        for _ in range(8):
            call(server.address, kind="tls13")
        await server.ended(1, 60)
        del ballast
        gc.collect()
        true(isinstance(server.ends[0], MemoryError), repr(server.ends[0]))
        reader, writer = await connect(server.address)
        writer.write(b"still here\n")
        await writer.drain()
        equal(await reader.readline(), b"still here\n")
        await goodbye(writer)


@asynchronous
async def a_client_that_distrusts():
    # The client's alert reaches the server's handler.
    async with Server() as server:
        bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        bare.load_verify_locations(pki("other-root.pem"))
        await fails(talk(server.address, bare), ssl.SSLCertVerificationError)
        await server.ended(1)
        error = server.ends[0]
        true(isinstance(error, ssl.SSLError) and "unknown" in words(error).lower(), repr(error))


@asynchronous
async def closing_the_server_closes_its_port():
    server = Server()
    async with server:
        pass
    equal(await fails(talk(server.address), OSError) is not None, True)


run()
