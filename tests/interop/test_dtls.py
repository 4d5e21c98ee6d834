#!/usr/bin/env python3
"""DTLS 1.2 with OpenSSL and GnuTLS, both directions, also where datagrams get lost."""
import contextlib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki, relay  # noqa: E402
from support.process import Process  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import read_code  # noqa: E402

LINE = "a line of ussl's\n"
# Of the datagrams each way, which are lost.
LOSSES = [("the first hello", {0}, ()), ("the server's flight", (), {1, 2}), ("the client's flight", {2, 3}, ()),
          ("the last flight", (), {2, 3, 4}), ("every third", set(range(1, 30, 3)), set(range(0, 30, 3)))]


def ussl_client(server, root, cert=None, mtu=1232, answer=None, visits=2, psk=None):
    """The visits of a client, as it tells them."""
    options = {"VISITS": visits, "HOST": server[0], "PORT": server[1], "CA": pki.path("root-%s.pem" % root), "MTU": mtu, "PSK": psk,
               "CERT": cert and pki.path(cert + ".chain.pem"), "KEY": cert and pki.path(cert + ".key")}
    at = 0
    with mpy.start(read_code("mpy_dtls.py"), options) as client:
        for _ in range(visits):
            at = client.wait_for("sent\n", 40, start=at)
            if answer:
                answer()
        client.wait(20)
        told = [json.loads(line) for line in client.text.splitlines() if line.startswith("{")]
        equal(len(told), visits, "visits, having said %r" % client.text)
        return told


def check(told, answer):
    for number, visit in enumerate(told):
        equal(visit["answer"], answer, "answer")
        equal(visit["version"], "DTLSv1.2", "version")
        equal(visit["reused"], number > 0, "reused")


# ---- ussl as the client ----


def openssl_serves(root, cert=None, cookies=False, mtu=1232):
    """With cookies it takes one client, and ends."""
    extra = ["-dtls1_2"] + (["-listen"] if cookies else [])
    with peers.openssl_datagrams("server-" + root, extra, client_ca=cert and "root-ecdsa") as server:
        told = ussl_client(server.address, root, cert, mtu, lambda: server.send(b"an answer\n"), 1 if cookies else 2)
        check(told, "an answer\n")
        contains(server.text, LINE)


def openssl_serves_with_a_key():
    key = "30313233343536373839616263646566"
    extra = ["-dtls1_2", "-psk_identity", "device", "-psk", key, "-cipher", "ECDHE-PSK-CHACHA20-POLY1305"]
    with peers.openssl_datagrams("server-ecdsa", extra) as server:
        told = ussl_client(server.address, "ecdsa", answer=lambda: server.send(b"an answer\n"), visits=1, psk=key)
        check(told, "an answer\n")
        equal(told[0]["cipher"], "ECDHE-PSK-CHACHA20-POLY1305", "cipher")


def gnutls_serves(root, cert=None, mtu=1232):
    with peers.gnutls_server("server-" + root, client_ca=cert and "root-ecdsa", extra=["--udp"], udp=True) as server:
        check(ussl_client(server.address, root, cert, mtu), LINE)


# ---- ussl as the server: examples/dtls_server.py ----


@contextlib.contextmanager
def ussl_server(root, client_ca=None):
    def start(port):
        argv = [mpy.interpreter(), os.path.join(pki.ROOT, "examples", "dtls_server.py"), port,
                pki.path("server-%s.chain.pem" % root), pki.path("server-%s.key" % root)]
        process = Process(argv + ([pki.path(client_ca + ".pem")] if client_ca else []))
        process.wait_for("listening")
        process.address = (peers.HOST, port)
        return process
    process = peers.start_on_free_port(start)
    try:
        yield process
    finally:
        process.stop()


def openssl_visits(root, cert=None):
    with ussl_server(root, cert and "root-ecdsa") as server:
        for _ in range(2):
            with peers.openssl_client(server.address, "root-" + root, cert=cert, extra=["-dtls1_2"]) as client:
                client.wait_for("Verify return code: 0", 20)
                client.send(b"a line\n")
                client.wait_for("\na line\n", 20)
                client.send(b"Q\n")
                client.wait(20)
        server.wait_for("DTLSv1.2 closed", 20)


def gnutls_visits(root, cert=None):
    with ussl_server(root, cert and "root-ecdsa") as server:
        with peers.gnutls_client(server.address, "root-" + root, cert=cert, extra=["--udp"], datagrams=True) as client:
            client.wait_for("Handshake was completed", 20)
            client.send(b"a line\n")
            client.wait_for("\na line\n", 20)
        with peers.gnutls_client(server.address, "root-" + root, cert=cert, extra=["--udp"], datagrams=True) as again:
            again.wait_for("Handshake was completed", 20)


def many_at_once():
    with ussl_server("ecdsa") as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(peers.openssl_client(server.address, extra=["-dtls1_2"])) for _ in range(8)]
        for client in clients:
            client.wait_for("Verify return code: 0", 30)
        for number, client in enumerate(clients):
            client.send(b"line %d\n" % number)
        for number, client in enumerate(clients):
            client.wait_for("\nline %d\n" % number, 20)


def refuses_strangers():
    with ussl_server("ecdsa", "root-ecdsa") as server:
        with peers.openssl_client(server.address, extra=["-dtls1_2"]) as client:
            client.wait_for("alert", 20)
        with peers.openssl_client(server.address, "other-root", extra=["-dtls1_2"], cert="client-ecdsa") as client:
            client.wait_for("verify error", 20)
        with peers.openssl_client(server.address, cert="client-ecdsa", extra=["-dtls1_2"]) as client:
            client.wait_for("Verify return code: 0", 20)


# ---- where datagrams get lost ----


def lossy(up, down):
    with peers.openssl_datagrams("server-ecdsa", ["-dtls1_2", "-listen"]) as server, \
            relay.Datagrams(server.address, up, down) as wire:
        told = ussl_client(wire.address, "ecdsa", answer=lambda: server.send(b"an answer\n"), visits=1)
        check(told, "an answer\n")
    with ussl_server("ecdsa") as server, relay.Datagrams(server.address, up, down) as wire, \
            peers.openssl_client(wire.address, extra=["-dtls1_2"]) as client:
        client.wait_for("Verify return code: 0", 30)


def disordered():
    """Each datagram comes twice, and each second one behind the next."""
    with ussl_server("rsa") as server, relay.Datagrams(server.address, twice=True, swap=True) as wire:
        check(ussl_client(wire.address, "rsa", mtu=400), LINE)


# ---- where somebody else speaks first ----


def with_cookie(hello, cookie):
    """The hello with this cookie and all its lengths right."""
    at = 60 + hello[59]
    body = hello[25:at] + bytes([len(cookie)]) + cookie + hello[at + 1:]
    size = len(body).to_bytes(3, "big")
    return hello[:11] + (len(body) + 12).to_bytes(2, "big") + hello[13:14] + size + hello[17:22] + size + body


def forgeries(hello):
    """What anybody may send in the client's name before the client does."""
    yield os.urandom(200)
    yield b""
    for cut in (5, 13, 20, 25, 59, len(hello) - 1):
        yield hello[:cut]
    for cookie in (b"x", bytes(32), bytes(255)):
        yield with_cookie(hello, cookie)
    for at, what in ((1, b"\x03\x03"), (25, b"\x03\x03"), (25, b"\xfe\xff"), (25, b"\xff\xff"),  # versions
                     (3, b"\x00\x01"), (11, b"\xff\xff"), (14, b"\xff\xff\xff"), (19, b"\x00\x00\x01"),  # epoch, lengths
                     (22, b"\xff\xff\xff"), (59, b"\xff"), (60 + hello[59], b"\xff"), (61 + hello[59], b"\x00\x00")):
        yield hello[:at] + what + hello[at + len(what):]
    for kind, text in ((21, b"\x02\x28"), (21, b"\x01\x00"), (20, b"\x01"), (23, bytes(40)), (22, bytes(40))):
        yield bytes([kind]) + hello[1:11] + len(text).to_bytes(2, "big") + text


def forged_hellos(visitor):
    """They end nothing: the client is served by the connection that got them."""
    with ussl_server("ecdsa") as server, relay.Datagrams(server.address, forge=forgeries) as wire, \
            visitor(wire.address) as client:
        client.wait_for("Handshake was completed" if visitor is gnutls_visitor else "Verify return code: 0", 30)
        client.send(b"a line\n")
        client.wait_for("\na line\n", 20)
        equal(server.text.count("\n"), 1, "lines of the server's, which said %r" % server.text)


def openssl_visitor(address):
    return peers.openssl_client(address, extra=["-dtls1_2"])


def gnutls_visitor(address):
    return peers.gnutls_client(address, extra=["--udp"], datagrams=True)


def main():
    for root in ("ecdsa", "rsa"):
        for name, function in (("openssl serves", openssl_serves), ("gnutls serves", gnutls_serves),
                               ("openssl visits", openssl_visits), ("gnutls visits", gnutls_visits)):
            with case("DTLS, %s, %s" % (name, root)):
                function(root)
            with case("DTLS, %s, %s, mutual" % (name, root)):
                function(root, "client-ecdsa")
    with case("DTLS, openssl serves, a pre-shared key"):
        openssl_serves_with_a_key()
    with case("DTLS, openssl serves with cookies"):
        openssl_serves("ecdsa", cookies=True)
    with case("DTLS, datagrams of 300 bytes"):
        openssl_serves("rsa", "client-ecdsa", mtu=300)
    with case("DTLS, many clients at once"):
        many_at_once()
    with case("DTLS, who is not trusted"):
        refuses_strangers()
    for name, up, down in LOSSES:
        with case("DTLS, lost: " + name):
            lossy(set(up), set(down))
    with case("DTLS, all comes twice and out of order"):
        disordered()
    for name, visitor in (("openssl", openssl_visitor), ("gnutls", gnutls_visitor)):
        with case("DTLS, forged hellos ahead of the client's, " + name):
            forged_hellos(visitor)


if __name__ == "__main__":
    main()
    end()
