#!/usr/bin/env python3
"""One MicroPython process, asyncio.start_server with ussl, holds 200 clients of CPython's while
others come and go and some never finish a handshake. Nobody is dropped, and in the end the
server holds what it held before."""
import asyncio
import os
import resource
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki, pytls  # noqa: E402
from support.report import case, end, equal  # noqa: E402
from support.usslpeer import read_code  # noqa: E402

STAY, COME, SILENT, ROUNDS = 200, 100, 20, 2


class Client:
    """A CPython client; `say` proves that the connection lives."""

    async def open(self, port, context):
        self.reader, self.writer = await asyncio.wait_for(
            asyncio.open_connection(peers.HOST, port, ssl=context, server_hostname="localhost"), 60)
        return self

    async def say(self, text):
        self.writer.write(text.encode() + b"\n")
        return (await asyncio.wait_for(self.reader.readline(), 60)).decode().strip()

    async def close(self):
        self.writer.close()
        await self.writer.wait_closed()


async def come_and_go(port, context, number):
    client = await Client().open(port, context)
    equal(await client.say("visitor %d" % number), "visitor %d" % number)
    await client.close()


async def silent(port):
    """Connects and never says a word: the server's deadline ends it."""
    reader, writer = await asyncio.open_connection(peers.HOST, port)
    try:
        await asyncio.wait_for(reader.read(), 60)
    except ConnectionResetError:
        pass
    writer.close()


async def in_tens(makers):
    """All of them, ten at a time."""
    turns = asyncio.Semaphore(10)

    async def one(make):
        async with turns:
            return await make()

    return await asyncio.gather(*[one(make) for make in makers])


class State:
    """What the server holds, asked over a connection of its own."""

    def __init__(self, client):
        self.client = client

    async def ask(self):
        names = ("held", "failed", "heap", "process", "files")
        return dict(zip(names, map(int, (await self.client.say("state")).split())))

    async def settle(self, held):
        end = time.monotonic() + 30
        while (await self.ask())["held"] != held:
            assert time.monotonic() < end, "the server holds %d connections, not %d" % (
                (await self.ask())["held"], held)
            await asyncio.sleep(0.1)
        return await self.ask()


async def visitors(port, context):
    quiet = [asyncio.ensure_future(silent(port)) for _ in range(SILENT)]
    await in_tens([lambda n=n: come_and_go(port, context, n) for n in range(COME)])
    await asyncio.gather(*quiet)


async def all_answer(stay, text):
    answers = await asyncio.gather(*[client.say("%s %d" % (text, n)) for n, client in enumerate(stay)])
    equal(answers, ["%s %d" % (text, n) for n in range(len(stay))])


async def hold(port, version):
    context = pytls.client_context(version=version)
    state = State(await Client().open(port, context))
    await visitors(port, context)
    empty = await state.settle(1)
    stay = await in_tens([lambda: Client().open(port, context)] * STAY)
    full = await state.settle(1 + STAY)
    for turn in range(ROUNDS):
        await visitors(port, context)
        await all_answer(stay, "round %d" % turn)
    still = await state.settle(1 + STAY)
    await asyncio.gather(*[client.close() for client in stay])
    after = await state.settle(1)
    return {"empty": empty, "full": full, "still": still, "after": after}


def per_connection(seen):
    return (seen["full"]["process"] - seen["empty"]["process"]) // STAY


def check(seen):
    equal(seen["after"]["failed"], SILENT * (1 + ROUNDS), "handshakes that failed")
    equal(seen["still"]["files"], seen["full"]["files"], "descriptors while 200 stay")
    equal(seen["after"]["files"], seen["empty"]["files"], "descriptors")
    assert seen["after"]["heap"] < seen["full"]["heap"], seen
    assert seen["still"]["process"] < seen["full"]["process"] + 6000000, seen
    assert per_connection(seen) < 30000, seen


def processor(pid):
    """Seconds of processor time that a process has used."""
    with open("/proc/%d/stat" % pid) as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def serve(version):
    port = peers.free_port()
    server = mpy.start(read_code("mpy_many.py"), {
        "HOST": peers.HOST, "PORT": port, "CERT": pki.path("server-ecdsa.chain.pem"), "KEY": pki.path("server-ecdsa.key")},
        heap="8M")
    with server:
        server.wait_for("serving")
        seen = asyncio.run(hold(port, version))
        check(seen)
        print("# TLS %s: %d bytes of the process for each connection, %.1f s of the processor" % (
            version, per_connection(seen), processor(server.proc.pid)))
        assert server.running(), server.text


resource.setrlimit(resource.RLIMIT_NOFILE, (1024, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
for version in ("1.2", "1.3"):
    with case("200 connections in one process while others come and go, TLS " + version):
        serve(version)
end()
