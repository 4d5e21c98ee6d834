#!/usr/bin/env python3
"""ALPN (RFC 7301) with real peers, both directions: what was agreed on is the same at both
ends, a server's wish counts, and without one in common both are told."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import ScriptServer, read_code  # noqa: E402

CLIENT = """
import socket, ssl

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(CA)
context.set_alpn_protocols(NAMES)
ss = context.wrap_socket(socket.socket(), server_hostname="localhost")
try:
    ss.connect(socket.getaddrinfo(HOST, PORT)[0][-1])
    print("agreed", ss.selected_alpn_protocol())
    ss.close()
except ssl.SSLError as error:
    print("refused", error.reason)
"""

# To a line, or a request of curl's.
SERVER = """
import ssl

def answer(ss):
    ss.readline()
    ss.write(b"HTTP/1.0 200 OK\\r\\n\\r\\nagreed " + str(ss.selected_alpn_protocol()).encode() + b"\\n")

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(PKI + "server-ecdsa.chain.pem", PKI + "server-ecdsa.key")
context.set_alpn_protocols(["mqtt", "http/1.1"])
serve(context, answer)
"""


# ---- ussl asks ----

def ask(server, names):
    host, port = server.address
    return mpy.run(CLIENT, {"HOST": host, "PORT": port, "NAMES": names, "CA": pki.path("root-ecdsa.pem")}).check().strip()


def openssl_server(version):
    with peers.openssl_server(version=version, extra=["-alpn", "mqtt,h2"]) as server:
        equal(ask(server, ["h2", "mqtt"]), "agreed mqtt", "the server's wish")
        server.wait_for("ALPN protocols selected: mqtt")
        equal(ask(server, ["nothing"]), "refused no_application_protocol")


def gnutls_server(version):
    with peers.gnutls_server(version=version, extra=["--alpn", "h2", "--alpn", "mqtt"]) as server:
        equal(ask(server, ["mqtt"]), "agreed mqtt")


def none_there(version):
    with peers.openssl_server(version=version) as server:
        equal(ask(server, ["mqtt"]), "agreed None")


# ---- ussl is asked ----

def serving():
    return ScriptServer(read_code("mpy_serve.py") + SERVER, {"PKI": pki.directory() + os.sep})


def openssl_client(server, version):
    for offered, agreed in (("h2,http/1.1,mqtt", "mqtt"), ("http/1.1", "http/1.1")):
        with peers.openssl_client(server.address, version=version, extra=["-alpn", offered]) as client:
            client.wait_for("ALPN protocol: " + agreed)
            client.send("hello\n")
            client.wait_for("agreed %s\n" % agreed)
    with peers.openssl_client(server.address, version=version, extra=["-alpn", "nothing"]) as client:
        client.wait_for("no application protocol")


def gnutls_client(server, version):
    with peers.gnutls_client(server.address, version=version, extra=["--alpn", "mqtt"]) as client:
        client.wait_for("Application protocol: mqtt")
        client.send("hello\n")
        client.wait_for("agreed mqtt\n")


def curl(server, version):
    run = peers.curl(["https://localhost:%d/" % server.address[1]], version=version, extra=["--http1.1"])
    equal(run.status, 0, "curl: " + run.log[-500:])
    contains(run.body.decode(), "agreed http/1.1\n")


if __name__ == "__main__":
    for version in ("1.2", "1.3"):
        for check in (openssl_server, gnutls_server, none_there):
            with case("%s, TLS %s" % (check.__name__, version)):
                check(version)
        with serving() as server:
            for check in (openssl_client, gnutls_client, curl):
                with case("%s, TLS %s" % (check.__name__, version)):
                    check(server, version)
    end()
