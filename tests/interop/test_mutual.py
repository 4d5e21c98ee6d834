#!/usr/bin/env python3
"""Mutual TLS with real peers: who is let in, and who is not, on both sides."""
import os
import socket
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import peers, pytls  # noqa: E402
from support.ask import HELLO, ask, good, refused, verifying  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import UsslServer  # noqa: E402

ASK = "GET / HTTP/1.0\r\n\r\n"


def nginx_knows(version, kind):
    with peers.nginx("server-" + kind, version, client_ca="root-" + kind) as server:
        told = ask(server.address, verifying("root-" + kind, cert="client-" + kind), ASK, 0)
        contains(good(told)["reply"], "client=SUCCESS subject=CN=client-" + kind)


def openssl_knows(version, kind):
    with peers.openssl_server("server-" + kind, version, "rev", "root-" + kind) as server:
        told = ask(server.address, verifying("root-" + kind, cert="client-" + kind),
                   HELLO, len(HELLO))
        good(told, HELLO.strip()[::-1] + "\n")


def gnutls_knows(version, kind):
    with peers.gnutls_server("server-" + kind, version, "root-" + kind) as server:
        told = ask(server.address, verifying("root-" + kind, cert="client-" + kind),
                   HELLO, len(HELLO))
        good(told, HELLO)
        server.wait_for("CN=client-" + kind)


def cpython_knows(version, kind):
    with pytls.PythonServer("server-" + kind, version, "root-" + kind) as server:
        told = ask(server.address, verifying("root-" + kind, cert="client-" + kind),
                   HELLO, len(HELLO))
        good(told, HELLO)
        equal(server.wait_report()["peer"], "client-" + kind, "client, says CPython")


def not_let_in(version, cert, word):
    """ussl without the right certificate: an SSLError with the server's alert.

    In TLS 1.3 the client is done before the server has looked, so that the
    error comes with the first read.
    """
    with pytls.PythonServer("server-ecdsa", version, "root-ecdsa") as server:
        told = ask(server.address, verifying(cert=cert), HELLO, len(HELLO))
        contains(refused(told).lower().replace("_", " "), word)
        assert server.wait_report()["error"], "CPython accepted"


def client_side():
    for version in ("1.2", "1.3"):
        for kind in ("ecdsa", "rsa"):
            for visit in (nginx_knows, openssl_knows, gnutls_knows, cpython_knows):
                name = visit.__name__.split("_")[0]
                with case("%s knows the ussl client, TLS %s, %s" % (name, version, kind.upper())):
                    visit(version, kind)
        missing = "certificate required" if version == "1.3" else "handshake failure"
        for cert, word in ((None, missing), ("other-client", "unknown"),
                           ("expired-client", "expired")):
            with case("ussl client with certificate %s is told why, TLS %s" % (cert, version)):
                not_let_in(version, cert, word)


def s_client(server, version, cert):
    with peers.openssl_client(server.address, version=version, cert=cert) as client:
        client.send(HELLO)
        client.wait_for(HELLO)


def gnutls_cli(server, version, cert):
    with peers.gnutls_client(server.address, version=version, cert=cert) as client:
        client.wait_for("Handshake was completed")
        client.send(HELLO)
        client.wait_for(HELLO)


def cpython(server, version, cert):
    context = pytls.client_context(version=version, cert=cert)
    raw = socket.create_connection(server.address, 10)
    with context.wrap_socket(raw, server_hostname="localhost") as conn:
        conn.sendall(HELLO.encode())
        equal(conn.recv(100), HELLO.encode(), "echo")


def curl(version):
    with UsslServer(client_ca="root-ecdsa", kind="http") as server:
        url = "https://localhost:%d/" % server.address[1]
        run = peers.curl([url], version=version, cert="client-ecdsa")
        equal((run.status, len(run.body) > 100000), (0, True), "curl: " + run.log[-500:])


def turned_away(version, cert):
    """The client hears an alert, the server tells why, and goes on serving."""
    with UsslServer(client_ca="root-ecdsa") as server:
        with peers.openssl_client(server.address, version=version, cert=cert) as client:
            client.wait_for("alert")
        told = server.told(0)
        assert told["kind"].startswith("SSL"), told
        contains(told["error"], "127.0.0.1", "no address in")
        s_client(server, version, "client-ecdsa")
        assert "error" not in server.told(1), "the listener suffered"


def server_side():
    for version in ("1.2", "1.3"):
        for visit in (s_client, gnutls_cli, cpython):
            for cert in ("client-ecdsa", "client-rsa"):
                with case("%s is let in by ussl, TLS %s, %s" % (visit.__name__, version, cert)):
                    with UsslServer(client_ca="root-" + cert.split("-")[1]) as server:
                        visit(server, version, cert)
        with case("curl is let in by ussl, TLS " + version):
            curl(version)
        for cert in (None, "other-client", "expired-client", "server-ecdsa"):
            with case("s_client with certificate %s is turned away, TLS %s" % (cert, version)):
                turned_away(version, cert)


if __name__ == "__main__":
    client_side()
    server_side()
    end()
