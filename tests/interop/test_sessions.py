#!/usr/bin/env python3
"""Sessions across processes and restarts, with real servers."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import peers, pytls  # noqa: E402
from support.ask import HELLO, ask, good, verifying  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import UsslServer  # noqa: E402

ASK = "GET / HTTP/1.0\r\n\r\n"


def first(address, **more):
    return good(ask(address, verifying(**more), save=True))["session"]


def in_another_process(version, tickets):
    with peers.nginx(version=version, tickets=tickets) as server:
        session = first(server.address)
        for _ in range(2):
            told = good(ask(server.address, verifying(), ASK, 0, session))
            contains(told["reply"], "reused=r", "nginx")


def after_restart(version):
    """The server has forgotten: a full handshake, and no error."""
    with peers.openssl_server(version=version) as server:
        session = first(server.address)
        port = server.port
    with peers.openssl_server(version=version, mode="rev", port=port) as server:
        told = good(ask(server.address, verifying(), HELLO, len(HELLO), session))
        equal((told["reused"], server.count("Reused")), (False, 0), "resumed")


def with_client_certificate(version):
    with peers.nginx(version=version, client_ca="root-ecdsa") as server:
        options = verifying(cert="client-ecdsa")
        session = good(ask(server.address, options, save=True))["session"]
        told = good(ask(server.address, options, ASK, 0, session))
        contains(told["reply"], "reused=r", "nginx")
        contains(told["reply"], "client=SUCCESS subject=CN=client-ecdsa", "nginx")


def no_ticket():
    """A TLS 1.3 server that gives none: save_session says so, with a bound on the wait."""
    with peers.openssl_server(version="1.3", extra=["-num_tickets", "0"]) as server:
        told = ask(server.address, verifying(), save=True)
        assert told.get("ssl_error"), "no SSLError: %r" % told
        contains(told["error"].lower(), "session", "words")


def early_data_kept(version):
    """Data that the server sends before and with the ticket is not lost by save_session."""
    def talker(conn):
        conn.sendall(HELLO.encode())
        pytls.echo(conn)
    with pytls.PythonServer(version=version, handler=talker) as server:
        told = good(ask(server.address, verifying(), "", len(HELLO), save=True), HELLO)
        good(ask(server.address, verifying(), "", len(HELLO), told["session"]), HELLO)
        equal([server.wait_report(n)["reused"] for n in (0, 1)], [False, True], "reused")


def without_tickets():
    """A client that knows session IDs only (as curl in TLS 1.2) resumes with ussl."""
    with UsslServer() as server, tempfile.TemporaryDirectory() as folder:
        saved = os.path.join(folder, "session")
        for words, said in ((["-sess_out", saved], "New, "), (["-sess_in", saved], "Reused, ")):
            with peers.openssl_client(server.address, version="1.2",
                                      extra=["-no_ticket"] + words) as client:
                client.wait_for(said + "TLSv1.2")
                client.send("Q\n")
                client.wait()
        equal([server.told(n)["reused"] for n in (0, 1)], [False, True], "reused, says ussl")


def run_all():
    for version in ("1.2", "1.3"):
        for tickets in (True, False):
            with case("another process resumes twice, nginx %s tickets, TLS %s" % (
                    "with" if tickets else "without", version)):
                in_another_process(version, tickets)
        with case("the server restarted: full handshake, TLS " + version):
            after_restart(version)
        with case("resumed with a client certificate, TLS " + version):
            with_client_certificate(version)
        with case("save_session keeps the data that comes meanwhile, TLS " + version):
            early_data_kept(version)
    with case("a client without tickets resumes by session ID"):
        without_tickets()
    with case("a TLS 1.3 server that gives no ticket"):
        no_ticket()


if __name__ == "__main__":
    run_all()
    end()
