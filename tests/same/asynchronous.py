# asyncio's streams over TLS.
# differs: an unknown authority: asyncio is MicroPython's, whose open_connection does not wait for the handshake: the first read or write does, and fails
# differs: another name: the same
from same import *
import asyncio


async def echo(reader, writer):
    # Until the end.
    try:
        while True:
            data = await reader.read(100)
            if not data:
                break
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    await closed(writer)


async def served(server_context, visit, handler=echo):
    # What a visit of a server comes to.
    for _ in range(20):
        port = 20000 + int.from_bytes(ssl.RAND_bytes(2), "little") % 12000
        try:
            running = await asyncio.start_server(handler, "127.0.0.1", port, ssl=server_context)
            break
        except OSError:
            pass
    try:
        return await visit(port)
    except Exception as error:
        return kind(error)
    finally:
        running.close()


def opened(port, context=None, name="localhost"):
    return asyncio.open_connection("127.0.0.1", port, ssl=context or client(), server_hostname=name)


async def closed(writer):
    writer.close()
    try:
        await writer.wait_closed()
    except OSError:
        pass


def run(visit, handler=echo, cert="direct.pem"):
    return asyncio.run(served(server(cert), visit, handler))


# ---- data ----


async def there_and_back(port):
    reader, writer = await opened(port)
    got = []
    for text in (b"one\n", b"two\nthree\n", bytes(range(256)) * 200):
        writer.write(text)
        await writer.drain()
        got.append(await reader.readexactly(len(text)) == text)
    writer.write(b"a line\nhalf a line")
    await writer.drain()
    got.append(await reader.readline())
    got.append(await reader.readexactly(11))
    await closed(writer)
    return got

show("there and back", run(there_and_back))


async def says_and_leaves(reader, writer):
    writer.write(b"first\nsecond\nrest")
    await writer.drain()
    await closed(writer)


async def to_the_end(port):
    reader, writer = await opened(port)
    got = [await reader.readline(), await reader.read(-1), await reader.read(10), await reader.readline()]
    await closed(writer)
    return got

show("to the end", run(to_the_end, says_and_leaves))


async def more_than_there_is(port):
    reader, writer = await opened(port)
    try:
        return await reader.readexactly(100)
    except EOFError:
        return "EOFError"
    finally:
        await closed(writer)

show("readexactly of more", run(more_than_there_is, says_and_leaves))


async def many(port):
    async def one(number):
        reader, writer = await opened(port)
        text = b"%d" % number * 1000
        writer.write(text)
        await writer.drain()
        got = await reader.readexactly(len(text))
        await closed(writer)
        return got == text
    return await asyncio.gather(*[one(number) for number in range(20)])

show("twenty at once", run(many))

# ---- time ----


async def silent(reader, writer):
    await reader.readexactly(1)
    writer.write(b"at last")
    await writer.drain()
    await closed(writer)


async def waits(port):
    reader, writer = await opened(port)
    got = []
    for _ in range(2):
        try:
            await asyncio.wait_for(reader.read(10), 0.1)
        except asyncio.TimeoutError:
            got.append("TimeoutError")
    writer.write(b"x")
    await writer.drain()
    got.append(await reader.readexactly(7))
    await closed(writer)
    return got

show("a read that times out, and the next", run(waits, silent))

# ---- what fails ----


async def stranger(port):
    await opened(port, client("other-root.pem"))

show("an unknown authority", run(stranger))


async def misnamed(port):
    await opened(port, name="other.test")

show("another name", run(misnamed))


async def after_failures(port):
    got = []
    for context, name in ((client("other-root.pem"), "localhost"), (client(), "other.test"), (client(), "localhost")):
        try:
            reader, writer = await opened(port, context, name)
            writer.write(b"x")
            await writer.drain()
            got.append(await reader.readexactly(1))
            await closed(writer)
        except Exception as error:
            got.append(kind(error))
    return got

show("a server after failures", run(after_failures))


async def not_tls(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    await writer.drain()
    got = await reader.read(5)
    await closed(writer)
    reader, writer = await opened(port)
    writer.write(b"x")
    await writer.drain()
    again = await reader.readexactly(1)
    await closed(writer)
    return got[:1], again

show("a client without TLS, and the next", run(not_tls))


async def cancelled(port):
    task = asyncio.create_task(opened(port))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    return await there_and_back(port)

show("after a connect that was cancelled", run(cancelled))
