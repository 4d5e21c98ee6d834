#!/usr/bin/env python3
"""Known limits of the TLS library are named errors, and nothing worse."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers  # noqa: E402
from support.ask import HELLO, verifying  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import UsslServer, read_code  # noqa: E402


def client_during(version, command):
    """A ussl client reads while s_server obeys `command`, then sends a line.
    Returns what the client told."""
    with peers.openssl_server(version=version) as server:
        with mpy.start(read_code("mpy_ask.py"), {
                "HOST": server.host, "PORT": server.port, "OPTIONS": verifying(),
                "SEND": "ready\n", "WANT": len(HELLO), "SESSION": "", "SAVE": False}) as client:
            server.wait_for("ready\n")
            server.send(command)
            server.wait_for_quiet()
            if server.running():
                server.send(HELLO)
            status = client.wait(20)
        return mpy.Result(status, client.text, "").json()


def goes_on_or_named(told, word):
    """Either the line arrives, or an SSLError names what the peer wanted."""
    if "error" in told:
        assert told["ssl_error"], told
        contains(told["error"].lower(), word)
    else:
        equal(told["reply"], HELLO, "line after it")


def server_during(version, command):
    """s_client commands in the middle of a connection; a new client is served after it."""
    with UsslServer() as server:
        with peers.openssl_client(server.address, version=version) as client:
            client.wait_for("Verify return code: 0 (ok)")
            client.send(HELLO)
            client.wait_for(HELLO)
            client.send(command)
            client.wait_for_quiet()
            if client.running():
                try:
                    client.send("x again\n")
                except BrokenPipeError:
                    pass
                client.wait_for_quiet()
            went_on = "\nx again\n" in client.text
        told = server.told()
        with peers.openssl_client(server.address, version=version) as client:
            client.wait_for("Verify return code: 0 (ok)")
            client.send(HELLO)
            client.wait_for(HELLO)
        return told, went_on


def run_all():
    with case("s_server updates its keys under a ussl client"):
        goes_on_or_named(client_during("1.3", "K\n"), "key")
    with case("s_server asks a ussl client to renegotiate"):
        goes_on_or_named(client_during("1.2", "r\n"), "refused")
    with case("s_client updates its keys under a ussl server"):
        told, went_on = server_during("1.3", "K\n")
        assert went_on or "key" in told["error"].lower(), told
    with case("s_client asks a ussl server to renegotiate"):
        told, went_on = server_during("1.2", "R\n")
        assert not went_on, "renegotiation worked, but it should be off"


if __name__ == "__main__":
    run_all()
    end()
