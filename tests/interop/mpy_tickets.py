# Runs on MicroPython: saves a session right after the handshake, as MODE says
# (blocking, polling, asyncio), while the server may already be sending; then sees that no
# data was lost, and resumes with what was saved.  The harness sets HOST PORT CA VERSION
# MODE, HELD (what the server says by itself first) and SEND and WANT (what is sent then, and
# what comes back; None for the rest of the stream).  Prints one line of JSON.
import asyncio
import errno
import json
import select
import socket
import ssl
import time

LIMIT_MS = 20000


def context():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(CA)
    ctx.session_cache_size = 0  # what is saved is the only session there is
    if VERSION:
        ctx.minimum_version = ctx.maximum_version = getattr(ssl.TLSVersion, "TLSv" + VERSION.replace(".", "_"))
    return ctx


def address():
    return socket.getaddrinfo(HOST, PORT)[0][-1]


def dial(ctx, session=None):
    ss = ctx.wrap_socket(socket.socket(), server_hostname="localhost", session=session)
    ss.connect(address())
    return ss


def talk(ss):
    # All that the server said, in order.
    got = ss.read(len(HELD)) if HELD else b""
    ss.write(SEND.encode())
    return (got + (ss.read() if WANT is None else ss.read(len(WANT)))).decode()


def save_blocking(ss, told):
    return ssl.save_session(ss)


def try_to_save(ss):
    # The session, or None when it has not come.
    try:
        return ssl.save_session(ss)
    except OSError as error:
        if error.errno != errno.EAGAIN:
            raise
        return None


def save_polling(ss, told):
    ss.setblocking(False)
    poller = select.poll()
    poller.register(ss, select.POLLIN)
    start = time.ticks_ms()
    session = try_to_save(ss)
    while session is None and time.ticks_diff(time.ticks_ms(), start) < LIMIT_MS:
        told["tries"] = told.get("tries", 1) + 1
        poller.poll(100)
        session = try_to_save(ss)
    ss.setblocking(True)
    return session


def in_turn(save):
    ctx = context()
    told = {}
    ss = dial(ctx)
    start = time.ticks_ms()
    try:
        session = save(ss, told)
    except ssl.SSLError as error:
        told["error"] = error.reason
        session = None
    told["waited"] = time.ticks_diff(time.ticks_ms(), start)
    told["data"] = [talk(ss)]
    ss.close()
    told["reused"] = []
    for _ in range(2):
        ss = dial(ctx, session and ssl.SSLSession(session.serialize()))
        told["reused"].append(ss.session_reused)
        told["data"].append(talk(ss))
        ss.close()
    return told


# ---- asyncio ----


async def exactly(reader, size):
    got = b""
    while len(got) < size:
        part = await reader.read(size - len(got))
        if not part:
            break
        got += part
    return got


async def talk_async(reader, writer):
    got = await exactly(reader, len(HELD)) if HELD else b""
    writer.write(SEND.encode())
    await writer.drain()
    return (got + await (reader.read() if WANT is None else exactly(reader, len(WANT)))).decode()


async def save_async(ss):
    start = time.ticks_ms()
    session = try_to_save(ss)
    while session is None and time.ticks_diff(time.ticks_ms(), start) < LIMIT_MS:
        await asyncio.sleep_ms(10)
        session = try_to_save(ss)
    return session


async def visit_async(ctx, told, session=None):
    # asyncio.open_connection takes a context and no session: so it is wrapped here.
    if session is None:
        reader, writer = await asyncio.open_connection(HOST, PORT, ssl=ctx, server_hostname="localhost")
    else:
        s = socket.socket()
        s.connect(address())
        ss = ctx.wrap_socket(s, server_hostname="localhost", session=session, do_handshake_on_connect=False)
        ss.setblocking(False)
        reader = writer = asyncio.StreamReader(ss)
    while True:
        try:
            writer.s.do_handshake()
            break
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            await asyncio.sleep_ms(5)
    saved = await save_async(writer.s)
    told["data"].append(await talk_async(reader, writer))
    told["reused"].append(writer.s.session_reused)
    writer.close()
    await writer.wait_closed()
    return saved


async def in_asyncio():
    ctx = context()
    told = {"data": [], "reused": []}
    ticks = []

    async def tick():
        while True:
            ticks.append(0)
            await asyncio.sleep_ms(10)

    ticking = asyncio.create_task(tick())
    session = await visit_async(ctx, told)
    for _ in range(2):
        await visit_async(ctx, told, session)
    ticking.cancel()
    told["reused"] = told["reused"][1:]
    told["ticks"] = len(ticks)
    return told


if MODE == "asyncio":
    print(json.dumps(asyncio.run(in_asyncio())))
else:
    print(json.dumps(in_turn(save_polling if MODE == "polling" else save_blocking)))
