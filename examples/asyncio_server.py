# An HTTPS server in asyncio: many clients at once, and none of them can hold up the others.
#
#   build/micropython examples/asyncio_server.py PORT CERT KEY
#
# A client's handshake runs within the first read of its task, for at most `timeout` seconds,
# 10 if nobody says otherwise. What a client does after it is ours to bound: SLOWEST.
import asyncio
import ssl
import sys

SLOWEST = 20  # seconds for one request
PAGE = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"


async def request(reader):
    # The first line; the header is read and not looked at.
    first = await reader.readline()
    while True:
        line = await reader.readline()
        if line in (b"", b"\r\n"):
            return first


async def answer(reader, writer):
    first = await request(reader)
    if not first:
        return
    writer.write(PAGE + b"%s over %s\n" % (first.split()[1], writer.s.version().encode()))
    await writer.drain()


async def serve(reader, writer):
    # Whatever happens, the connection is closed; what went wrong concerns this client alone.
    try:
        await asyncio.wait_for(answer(reader, writer), SLOWEST)
    except (OSError, asyncio.TimeoutError, IndexError) as error:
        print("refused:", error)
    finally:
        writer.close()
        await writer.wait_closed()


async def main(port, cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    server = await asyncio.start_server(serve, "0.0.0.0", int(port), ssl=context)
    print("listening on port", port)
    await server.wait_closed()


if len(sys.argv) != 4:
    print("usage: asyncio_server.py PORT CERT KEY")
    sys.exit(2)
try:
    asyncio.run(main(*sys.argv[1:]))
except OSError as error:
    print("failed:", error)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
