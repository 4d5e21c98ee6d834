#!/usr/bin/env python3
"""Early data (0-RTT) to real servers: each byte arrives once, whatever becomes of it."""
import os
import re
import socket
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import peers, relay  # noqa: E402
from support.ask import HELLO, ask, good, verifying  # noqa: E402
from support.report import case, end, equal  # noqa: E402
from support.usslpeer import UsslServer  # noqa: E402

LINE = "early%06d of this connection\n"


def lines(count):
    return "".join(LINE % n for n in range(count))


def arrived(server, count):
    """All lines in the server's log, once and in order, among the words it says itself."""
    assert server.wait_count("early%06d" % (count - 1), 1), "the end is not there:\n" + server.text[-800:]
    server.wait_for_quiet(0.2)
    found = [int(number) for number in re.findall(r"early(\d{6})", server.text)]
    equal(found, list(range(count)), "lines")


def openssl(extra=(), version=None, port=0):
    return peers.openssl_server(version=version, port=port, extra=["-early_data"] + list(extra))


def visit(address, session, count, **more):
    return good(ask(address, verifying(early_data=lines(count), **more), session=session, save=True))


def first(address, **more):
    return good(ask(address, verifying(**more), save=True))["session"]


def accepted(count, extra=()):
    with openssl(extra) as server:
        told = visit(server.address, first(server.address), count)
        equal((told["early"], told["reused"]), (True, True), "accepted, resumed")
        arrived(server, count)


def one_segment():
    """ClientHello and data leave in one write, before the server has said anything."""
    with openssl() as server, relay.Relay(server.address, record=True) as wire:
        session = first(wire.address)
        equal(visit(wire.address, session, 100)["early"], True, "accepted")
        link = wire.wait_done(1)
        (sent, flight), answered = link.up.record[0], link.down.record[0][0]
        assert sent < answered and len(flight) > len(lines(100)), "%d bytes" % len(flight)


def second_use():
    """OpenSSL takes early data with a ticket once: the second time it goes out again."""
    with openssl() as server:
        session = first(server.address)
        told = [visit(server.address, session, 1)["early"] for _ in range(2)]
        equal(told, [True, False], "accepted")
        assert server.wait_count("early000000", 2), server.text
        server.wait_for_quiet(0.2)
        equal(server.count("early000000"), 2, "times in the log")


def refused(count, extra=()):
    """The server was started again, and has forgotten its keys."""
    with openssl() as server:
        session = first(server.address)
        port = server.port
    with peers.openssl_server(port=port, extra=extra) as server:
        told = visit(server.address, session, count)
        equal((told["early"], told["reused"]), (False, False), "accepted, resumed")
        arrived(server, count)


def hello_retry():
    """A server that wants another group asks for a second ClientHello."""
    with openssl(["-groups", "P-384"]) as server:
        told = visit(server.address, first(server.address), 50)
        equal(told["early"], False, "accepted")
        arrived(server, 50)


def older_server(early):
    """TLS 1.3 was given up: connected again, without the session. But not once early data is out:
    who says so proves nothing, and the server may have it."""
    with openssl() if early else peers.openssl_server() as server:
        session = first(server.address)
        port = server.port
    with peers.openssl_server(version="1.2", port=port) as server:
        if not early:
            told = visit(server.address, session, 50)
            equal((told["early"], told["version"]), (False, "TLSv1.2"), "accepted, version")
            arrived(server, 50)
            return
        told = ask(server.address, verifying(early_data=lines(50)), session=session)
        assert told.get("ssl_error"), told
        equal(server.count("early000000"), 0, "times in the log")


def without_permission():
    """Tickets of a server that takes no early data: nothing is announced."""
    with peers.openssl_server() as server:
        told = visit(server.address, first(server.address), 50)
        equal((told["early"], told["reused"]), (False, True), "accepted, resumed")
        arrived(server, 50)


def gnutls():
    """It takes the data, and does nothing with it; what comes behind it echoes."""
    with peers.gnutls_server(extra=["--earlydata", "--maxearlydata=4096"]) as server:
        for count in (5, 132):
            told = good(ask(server.address, verifying(early_data=lines(count)), HELLO, len(HELLO),
                            first(server.address)), HELLO)
            equal((told["early"], told["reused"]), (True, True), "accepted, resumed")


# ---- ussl is the server ----


def echoing():
    return UsslServer(context={"max_early_data": 4096})


def openssl_visits(server, folder):
    """A full handshake, early data, and the same ticket once more, which OpenSSL's client
    allows: the second time it is told that its data was not taken."""
    saved, data = os.path.join(folder, "session"), os.path.join(folder, "data")
    peers.write_file(data, lines(50).encode())
    with peers.openssl_client(server.address, extra=["-sess_out", saved]) as client:
        client.send("hello\n")
        client.wait_for("hello")
        client.send("Q\n")
        client.wait()
    for outcome in ("accepted", "rejected"):
        with peers.openssl_client(server.address, extra=["-sess_in", saved, "-early_data", data]) as client:
            client.wait_for("Early data was " + outcome)
            client.send("hello\n")
            client.wait_for("hello")
            client.send("Q\n")
            client.wait()
            equal(client.count("early0000"), 50 if outcome == "accepted" else 0, "lines echoed")


def from_openssl():
    with echoing() as server, tempfile.TemporaryDirectory() as folder:
        openssl_visits(server, folder)
        told = [(server.told(n)["early"], server.told(n)["reused"]) for n in range(3)]
        equal(told, [(None, False), (True, True), (False, True)], "accepted and resumed, says ussl")


def from_gnutls():
    with echoing() as server, tempfile.TemporaryDirectory() as folder:
        data = os.path.join(folder, "data")
        peers.write_file(data, lines(50).encode())
        with peers.gnutls_client(server.address, extra=["--resume", "--earlydata", data]) as client:
            client.wait_for("This is a resumed session")
            client.wait_for("early000049")
            client.send("hello\n")
            client.wait_for("hello")
            client.close_input()
            client.wait()
            equal(client.count("early0000"), 50, "lines echoed")
        equal([server.told(n)["early"] for n in range(2)], [None, True], "accepted, says ussl")


def replayed():
    """What a client sent, once more to the same server, while it runs."""
    with echoing() as server, relay.Relay(server.address, record=True) as wire:
        told = good(ask(wire.address, verifying(early_data=lines(50)), "", len(lines(50)),
                        first(wire.address)), lines(50))
        equal(told["early"], True, "accepted")
        flights = [part for _, part in wire.wait_done(1).up.record]
        equal([server.told(n).get("early") for n in range(2)], [None, True], "accepted, says ussl")
        with socket.create_connection(server.address, 10) as copy:
            for flight in flights:
                copy.sendall(flight)
            answer = copy.recv(65536)
            assert answer, "no answer"
        assert "error" in server.told(2) and "bytes" not in server.told(2), "data was read: %r" % server.told(2)
        good(ask(server.address, verifying(), HELLO, len(HELLO)), HELLO)


def run_all():
    for count in (1, 100, 570, 2000):
        with case("openssl s_server takes early data, %d bytes" % len(lines(count))):
            accepted(count)
    with case("openssl s_server takes some, the rest follows"):
        accepted(300, ["-max_early_data", str(32 * len(lines(1)))])
    with case("ClientHello and early data leave in one segment"):
        one_segment()
    with case("a session used twice: the second time early data is sent again"):
        second_use()
    for count in (1, 300):
        with case("refused by a server that was started again, %d bytes" % len(lines(count))):
            refused(count)
    with case("refused by HelloRetryRequest"):
        hello_retry()
    with case("after the reconnect to a server that speaks TLS 1.2 only"):
        older_server(False)
    with case("no reconnect once it is out"):
        older_server(True)
    with case("to a server whose tickets do not allow it"):
        without_permission()
    with case("gnutls-serv takes early data"):
        gnutls()
    with case("openssl s_client sends early data, twice with one ticket"):
        from_openssl()
    with case("gnutls-cli sends early data"):
        from_gnutls()
    with case("captured bytes, sent again: nothing is read"):
        replayed()


if __name__ == "__main__":
    run_all()
    end()
