# asyncio's streams over TLS as servers: many clients, and wrong ones.
# timeout: 240
import select
from asynchronous import *

CLIENTS = 3 if peers.BOARD else 12


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


def fill_the_heap():
    # But for so much that Python goes on and no connection is made.
    spare, ballast, size = bytearray(1500), [], 4096
    while size > 16:
        try:
            ballast.append(bytearray(size))
        except MemoryError:
            size //= 2
    return ballast


@test
def lack_of_memory_in_poll_is_for_a_call_to_tell():
    # asyncio polls for all tasks together: what is raised there ends its loop.
    if not peers.BOARD:
        raise Skip("the memory for TLS is the C library's here")
    server, address = listener(do_handshake=False)
    call(address, kind="tls13")
    ss = server.accept()[0]
    poll = select.poll()
    poll.register(ss, select.POLLIN)
    ballast = fill_the_heap()
    try:
        ready = poll.poll(0)
        raises(MemoryError, ss.read, 1)
    finally:
        del ballast
    equal(ready[0][1], select.POLLIN)
    exchange(ss)
    for s in (ss, server):
        s.close()


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
