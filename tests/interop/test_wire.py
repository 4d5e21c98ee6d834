#!/usr/bin/env python3
"""What goes over the wire: one write for a flight, less for a resumed handshake."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import peers, pytls, wire  # noqa: E402
from support.ask import ask, good, verifying  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.report import case, end, equal  # noqa: E402
from support.usslpeer import UsslServer  # noqa: E402

# A client writes two flights and its close_notify; a server its flight, then
# tickets and/or Finished, and its close_notify.
FLIGHTS = 3


def client_flights(version):
    with pytls.PythonServer(version=version) as server, \
            Relay(server.address, record=True) as link:
        good(ask(link.address, verifying()))
        up = link.wait_done().up
        assert up.segments <= FLIGHTS, "%d writes: %r" % (
            up.segments, [len(data) for _, data in up.record])


def server_flights(version):
    with UsslServer() as server, Relay(server.address, record=True) as link:
        with peers.openssl_client(link.address, version=version) as client:
            client.wait_for("Verify return code: 0 (ok)")
            client.send("Q\n")
            client.wait()
        down = link.wait_done().down
        assert down.segments <= FLIGHTS, "%d writes: %r" % (
            down.segments, [len(data) for _, data in down.record])


def close_notify(version):
    """The last record of a client is an alert (which TLS 1.3 wraps as data)."""
    with pytls.PythonServer(version=version) as server, \
            Relay(server.address, record=True) as link:
        good(ask(link.address, verifying()))
        last = list(wire.records(link.wait_done().up.data))[-1]
        equal(last[0], 21 if version == "1.2" else 23, "type of the last record")
        equal(server.wait_report(key="closed")["closed"], "clean", "CPython's strict end")


def resumed_is_less(version):
    with peers.openssl_server(version=version) as server, \
            Relay(server.address, record=True) as link:
        session = good(ask(link.address, verifying(), save=True))["session"]
        equal(good(ask(link.address, verifying(), session=session))["reused"], True, "reused")
        full, again = link.wait_done(0), link.wait_done(1)
        equal([wire.server_resumed(one.down.data) for one in (full, again)], [False, True],
              "resumed, on the wire")
        assert again.bytes < 0.7 * full.bytes, "%d after %d bytes" % (again.bytes, full.bytes)


def run_all():
    for version in ("1.2", "1.3"):
        with case("the client writes once for a flight, TLS " + version):
            client_flights(version)
        with case("the server writes once for a flight, TLS " + version):
            server_flights(version)
        with case("close says goodbye on the wire, TLS " + version):
            close_notify(version)
        with case("a resumed handshake is shorter on the wire, TLS " + version):
            resumed_is_less(version)


if __name__ == "__main__":
    run_all()
    end()
