# An asyncio server that echoes lines and tells what it holds. Variables: HOST PORT CERT KEY
import asyncio
import gc
import os

import ssl

held = {}
failed = []


def state():
    gc.collect()
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return b"%d %d %d %d %d\n" % (len(held), len(failed), gc.mem_alloc(), pages * 4096, len(os.listdir("/proc/self/fd")))


async def echo(reader, writer):
    while True:
        line = await reader.readline()
        if not line:
            return
        rubbish = [bytes(100) for _ in range(20)]  # the collector has something to do
        writer.write(state() if line == b"state\n" else line)
        await writer.drain()
        del rubbish


async def handle(reader, writer):
    held[id(writer)] = writer
    try:
        await echo(reader, writer)
    except OSError as error:
        failed.append(error.errno)
    finally:
        del held[id(writer)]
        writer.close()
        await writer.wait_closed()


class Within:
    def __init__(self, context, timeout):
        self.context, self.timeout = context, timeout

    def wrap_socket(self, sock, **named):
        return self.context.wrap_socket(sock, timeout=self.timeout, **named)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERT, KEY)
    server = await asyncio.start_server(handle, HOST, PORT, 100, ssl=Within(context, 3))
    print("serving")
    await server.wait_closed()


asyncio.run(main())
