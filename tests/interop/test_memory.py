#!/usr/bin/env python3
"""Short records: which peers send them when asked, and that all others work too.

Prints a table of what each server did: the longest record of data it sent, less
what encryption adds."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki, relay, wire  # noqa: E402
from support.report import case, end, equal  # noqa: E402
from support.usslpeer import UsslServer, read_code  # noqa: E402

SIZE = 60000 // 18 * 18
BODY = b"".join(b"x%06d0123456789\n" % i for i in range(SIZE // 18))
ADDED = {"1.2": 24, "1.3": 17}  # AES-GCM: nonce and tag; content type and tag
DATA = 23
LIMITS = (512, 1024, 4096)

# Who, and how it is asked for data.
# A client that offers both versions asks in other words than one that offers TLS 1.3 only.
# (the server's version, the client's lowest)
OFFERS = (("1.2", "1.2"), ("1.3", "1.2"), ("1.3", "1.3"))

SERVERS = {
    "OpenSSL": "http",
    "nginx": "http",
    "mosquitto": "mqtt",
    "GnuTLS": "echo",
    "ussl": "http",
}


def serve(who, version, client_ca=None):
    if who == "OpenSSL":
        with open(os.path.join(pki.directory(), "long.txt"), "wb") as file:
            file.write(BODY)
        return peers.openssl_server("direct", version, "WWW", client_ca)
    if who == "nginx":
        return peers.nginx("direct", version, files={"long.txt": BODY})
    if who == "mosquitto":
        return peers.mosquitto("direct", version, client_ca=None)
    if who == "GnuTLS":
        return peers.gnutls_server("direct", version, client_ca)
    return UsslServer("direct", version, kind="http")


def visit(who, address, lowest, version, limit, lent=0, again=0, cert=None):
    own = (pki.path(cert + ".chain.pem"), pki.path(cert + ".key")) if cert else (None, None)
    return mpy.run(read_code("mpy_limits.py"), {
        "HOST": address[0], "PORT": address[1], "CA": pki.path("root-ecdsa.pem"), "LOWEST": lowest, "VERSION": version,
        "LIMIT": limit, "CERT": own[0], "KEY": own[1],
        "BUFFER": lent, "AGAIN": again, "KIND": SERVERS[who], "SIZE": SIZE,
        "PATH": "/files/long.txt" if who == "nginx" else "/long.txt"}).json()


def longest(who, version, limit, lowest="1.2", lent=0):
    """The most data in one of the server's records, as seen on the wire."""
    with serve(who, version) as server, relay.Relay(server.address, record=True) as seen:
        told = visit(who, seen.address, lowest, version, limit, lent)
        assert told["bytes"] > SIZE if who == "ussl" else told["same"], told
        equal(told["version"], "TLSv" + version, "version")
        link = seen.wait_done()
    records = [len(payload) for kind, payload in wire.records(link.down.data) if kind == DATA]
    return max(records) - ADDED[version]


def honours(who, version, lowest):
    seen = [longest(who, version, limit, lowest) for limit in LIMITS]
    print("| %s | %s | %s | %s |" % (who, version, lowest, " | ".join(map(str, seen))), flush=True)
    for limit, most in zip(LIMITS[1:], seen[1:]):
        assert most <= limit, "%d bytes where %d were asked for" % (most, limit)


def strict_client(version, size):
    """GnuTLS's client ends a connection in which a record is longer than it said."""
    with UsslServer("direct", version, kind="http") as ours, \
            peers.gnutls_client(ours.address, version=version, extra=["--recordsize", str(size)]) as visitor:
        visitor.wait_for("Handshake was completed")
        visitor.send("GET / HTTP/1.0\r\n\r\n")
        visitor.wait_for("x0069990123456789")


def resumed(who, version, again):
    """Servers refuse to resume with another limit, so ussl does not try."""
    with serve(who, version) as server:
        told = visit(who, server.address, "1.2", version, 1024, again=again)
        assert told["same"], told
        equal(told["reused"], again == 1024, "resumed")


def mutual(who, version, limit):
    """The client's own certificates go in one record: it must not have promised less."""
    with serve(who, version, "root-ecdsa") as server:
        told = visit(who, server.address, "1.2", version, limit, cert="client-ecdsa")
        assert told["same"], told


def lent(version):
    assert longest("nginx", version, 16384, lent=16384 + 64) > 8000


def run_all():
    for who in SERVERS:
        for version, lowest in OFFERS:
            with case("%s, TLS %s: asked for short records by a client of %s up" % (who, version, lowest)):
                honours(who, version, lowest)
    for version in ("1.2", "1.3"):
        for size in (512, 1024, 4096):
            with case("GnuTLS's client wants records of %d bytes, TLS %s" % (size, version)):
                strict_client(version, size)
        for who in ("OpenSSL", "nginx", "GnuTLS"):
            for again in (1024, 512, 16384):
                with case("%s, TLS %s: resumed, asked for %d after 1024" % (who, version, again)):
                    resumed(who, version, again)
        for who in ("OpenSSL", "GnuTLS"):
            for limit in (512, 900, 1024, 2048):  # 900: the certificates fit, but not into 512
                with case("%s, TLS %s: asked for %d by a client with a certificate" % (who, version, limit)):
                    mutual(who, version, limit)
        with case("lent memory takes nginx's long records, TLS %s" % version):
            lent(version)


if __name__ == "__main__":
    run_all()
    end()
