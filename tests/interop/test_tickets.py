#!/usr/bin/env python3
"""save_session with servers that give tickets early, late, twice, among data, or not at all."""
import contextlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki, pytls, relay  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import UsslServer, read_code  # noqa: E402

MODES = ("blocking", "polling", "asyncio")
LINE = "hello, real world\n"
WEB = "GET / HTTP/1.0\r\n\r\n"
# What a server may say by itself: more than one record.
SPEECH = "".join("line %d\n" % i for i in range(4000))


def run(address, mode, version=None, send=LINE, want=LINE, held=""):
    return mpy.run(read_code("mpy_tickets.py"), {
        "HOST": mpy.seen(address[0]), "PORT": address[1], "CA": pki.path("root-ecdsa.pem"), "MODE": mode,
        "VERSION": version, "SEND": send, "WANT": want, "HELD": held}, timeout=60).json()


def reused(told):
    assert told.get("error") is None, told["error"]
    equal(told["reused"], [True, True], "reused")


# ---- servers: a context manager that gives (address, keywords of run) ----


@contextlib.contextmanager
def openssl(version, tickets):
    with peers.openssl_server(version=version, mode="rev", extra=["-num_tickets", str(tickets)]) as server:
        yield server.address, {"want": LINE[:-1][::-1] + "\n"}


@contextlib.contextmanager
def gnutls(version):
    with peers.gnutls_server(version=version) as server:
        yield server.address, {}


@contextlib.contextmanager
def nginx(version, tickets):
    with peers.nginx(version=version, tickets=tickets) as server:
        yield server.address, {"send": WEB, "want": None}


@contextlib.contextmanager
def cpython(version, tickets=2):
    context = pytls.server_context(version=version)
    context.num_tickets = tickets
    with pytls.PythonServer(context=context) as server:
        yield server.address, {}


@contextlib.contextmanager
def ussl(version):
    with UsslServer(version=version) as server:
        yield server.address, {}


def speaker(conn):
    conn.sendall(SPEECH.encode())
    pytls.echo(conn)


@contextlib.contextmanager
def talkative(version, tickets=2):
    """Sends a lot by itself, at once, so that tickets and data arrive together."""
    context = pytls.server_context(version=version)
    context.num_tickets = tickets
    with pytls.PythonServer(context=context, handler=speaker) as server:
        yield server.address, {"held": SPEECH}


@contextlib.contextmanager
def late(server):
    """The same server far away."""
    with server as (address, named), relay.Relay(address, late=0.15) as link:
        yield link.address, named


def givers(version):
    """Servers that let clients resume."""
    if version == "1.3":
        yield "openssl, one ticket", lambda: openssl(version, 1)
        yield "openssl, two tickets", lambda: openssl(version, 2)
        yield "openssl, five tickets", lambda: openssl(version, 5)
    else:
        yield "openssl", lambda: openssl(version, 2)
    yield "gnutls-serv", lambda: gnutls(version)
    yield "nginx with tickets", lambda: nginx(version, True)
    yield "nginx without", lambda: nginx(version, False)
    yield "CPython", lambda: cpython(version)
    yield "CPython that speaks first", lambda: talkative(version)
    yield "ussl", lambda: ussl(version)


def saves(server, mode, version):
    with server as (address, named):
        told = run(address, mode, version, **named)
        reused(told)
        if named.get("want", LINE) is not None:
            equal(told["data"], [named.get("held", "") + named.get("want", LINE)] * 3, "data")
        else:
            contains(told["data"][0], "reused=.", "nginx, first")
            for data in told["data"][1:]:
                contains(data, "reused=r", "nginx, again")
        return told


def saves_from_afar(mode, version):
    told = saves(late(talkative(version)), mode, version)
    if version == "1.3" and mode == "polling":
        assert told.get("tries", 1) > 1, "the ticket was there at once"
    if mode == "asyncio":
        assert told["ticks"] > 10, "other tasks ran %d times" % told["ticks"]


def gives_none(server, mode):
    """It is told, within a bound, and the connection is whole."""
    with server as (address, named):
        told = run(address, mode, "1.3", **named)
        equal(told["error"], "NO_SESSION_TICKET", "error")
        assert told["waited"] < 10000, "waited %d ms" % told["waited"]
        equal(told["reused"], [False, False], "reused")
        equal(told["data"], [named.get("held", "") + named.get("want", LINE)] * 3, "data")


def by_itself_in_asyncio(version):
    """asyncio.open_connection with a context, again and again."""
    with cpython(version) as (address, _):
        said = mpy.run(ASYNC_LOOP, {"HOST": mpy.seen(address[0]), "PORT": address[1],
                                    "CA": pki.path("root-ecdsa.pem")}, timeout=60).json()
        equal(said, [["hello\n", wanted] for wanted in (False, True, True, True)], "data, reused")


ASYNC_LOOP = """
import asyncio, json, ssl

async def visit(ctx):
    reader, writer = await asyncio.open_connection(HOST, PORT, ssl=ctx, server_hostname="localhost")
    writer.write(b"hello\\n")
    await writer.drain()
    line = await reader.readline()
    reused = writer.s.session_reused
    writer.close()
    await writer.wait_closed()
    return line.decode(), reused

async def loop():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(CA)
    ctx.session_cache_size = 4
    said = []
    for _ in range(4):
        said.append(await visit(ctx))
    return said

print(json.dumps(asyncio.run(loop())))
"""


def run_all():
    for version in ("1.2", "1.3"):
        for name, server in givers(version):
            for mode in MODES:
                with case("%s, %s, TLS %s" % (name, mode, version)):
                    saves(server(), mode, version)
        for mode in MODES:
            with case("far away, %s, TLS %s" % (mode, version)):
                saves_from_afar(mode, version)
        with case("asyncio.open_connection resumes by itself, TLS " + version):
            by_itself_in_asyncio(version)
    for name, server in (("openssl", lambda: openssl("1.3", 0)), ("CPython", lambda: cpython("1.3", 0)),
                         ("CPython that speaks first", lambda: talkative("1.3", 0))):
        with case("%s without tickets" % name):
            gives_none(server(), "blocking")


if __name__ == "__main__":
    run_all()
    end()
