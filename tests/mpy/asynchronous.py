# For the tests of asyncio's streams over TLS: their ends, and what runs beside them.
import asyncio
import os
from serving import *

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


async def talk(address, context=None):
    reader, writer = await connect(address, context)
    try:
        writer.write(b"hello\n")
        await writer.drain()
        return await reader.readline()
    finally:
        await goodbye(writer)


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
