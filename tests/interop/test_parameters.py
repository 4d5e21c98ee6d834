#!/usr/bin/env python3
"""What real peers may choose: cipher suites, groups, fragments, names; and what
ussl must refuse by default."""
import os
import socket
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import peers, pytls, wire  # noqa: E402
from support.ask import HELLO, ask, good, refused, verifying  # noqa: E402
from support.report import case, end, equal  # noqa: E402
from support.usslpeer import UsslServer  # noqa: E402

BACK = HELLO.strip()[::-1] + "\n"
OLD = ["-cipher", "ALL:@SECLEVEL=0"]

# name, version, words for both s_server and s_client, certificate
WORKS = [
    ("AES-128-GCM", "1.2", ["-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "ecdsa"),
    ("AES-256-GCM", "1.2", ["-cipher", "ECDHE-RSA-AES256-GCM-SHA384"], "rsa"),
    ("ChaCha20", "1.2", ["-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], "ecdsa"),
    ("AES-128-GCM", "1.3", ["-ciphersuites", "TLS_AES_128_GCM_SHA256"], "ecdsa"),
    ("AES-256-GCM", "1.3", ["-ciphersuites", "TLS_AES_256_GCM_SHA384"], "rsa"),
    ("ChaCha20", "1.3", ["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], "ecdsa"),
    ("X25519", "1.2", ["-groups", "X25519"], "rsa"),
    ("X25519", "1.3", ["-groups", "X25519"], "ecdsa"),
    ("P-256", "1.2", ["-groups", "P-256"], "rsa"),
    ("P-256", "1.3", ["-groups", "P-256"], "rsa"),
    ("P-384 (a retry request)", "1.3", ["-groups", "P-384"], "ecdsa"),
    ("P-384", "1.2", ["-groups", "P-384"], "rsa"),
    ("fragments of 512 bytes", "1.2", ["-max_send_frag", "512"], "rsa"),
    ("fragments of 512 bytes", "1.3", ["-max_send_frag", "512"], "rsa"),
]
SERVER_ONLY = [
    ("RSA-PSS signatures", "1.2", ["-sigalgs", "RSA-PSS+SHA256"], "rsa"),
    ("PKCS#1 signatures", "1.2", ["-sigalgs", "RSA+SHA256"], "rsa"),
]
CLIENT_ONLY = [
    ("maximum fragment length 512", "1.2", ["-maxfraglen", "512"], "ecdsa"),
    ("maximum fragment length 4096", "1.2", ["-maxfraglen", "4096"], "rsa"),
]
REFUSED = [
    ("RSA key exchange", ["-tls1_2", "-cipher", "AES128-GCM-SHA256"], "rsa"),
    ("CBC suites", ["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES128-SHA"], "rsa"),
    ("TLS 1.1", ["-tls1_1"] + OLD, "rsa"),
    ("TLS 1.0", ["-tls1"] + OLD, "rsa"),
]


def client(version, words, kind):
    with peers.openssl_server("server-" + kind, version, "rev", extra=words) as server:
        told = ask(server.address, verifying("root-" + kind), HELLO, len(BACK))
        equal(good(told, BACK)["version"], "TLSv" + version, "version")


def server(version, words, kind):
    with UsslServer("server-" + kind) as ours, \
            peers.openssl_client(ours.address, "root-" + kind, version, extra=words) as visitor:
        visitor.wait_for("Verify return code: 0 (ok)")
        visitor.send(HELLO)
        visitor.wait_for(HELLO)


def client_refuses(words, kind):
    with peers.openssl_server("server-" + kind, None, "rev", extra=words) as theirs:
        refused(ask(theirs.address, verifying("root-" + kind), HELLO, len(BACK)))


def server_refuses(words, kind):
    with UsslServer("server-" + kind) as ours:
        with peers.openssl_client(ours.address, "root-" + kind, extra=words) as visitor:
            visitor.wait_for("alert")
        assert ours.told()["kind"].startswith("SSL"), ours.told()


def name_sent(name, sni):
    """What the server sees as server name: a name, but no address."""
    with pytls.PythonServer() as theirs:
        good(ask(theirs.address, verifying(name=name), HELLO, len(HELLO)), HELLO)
        equal(theirs.wait_report()["sni"], sni, "server name sent")


# ---- a retry request with a cookie (RFC 8446 4.2.2) ----

P521 = 25


def answer_with_cookie(listener, cookie, seen):
    visitor = listener.accept()[0]
    visitor.settimeout(10)
    with visitor, visitor.makefile("rb") as stream:
        hello = wire.read_record(stream)[1]
        visitor.sendall(wire.retry_request(hello[39:39 + hello[38]], 0x1301, wire.extension(
            wire.KEY_SHARE, P521.to_bytes(2, "big")) + wire.extension(wire.COOKIE, wire.vector(2, cookie))))
        seen.append(wire.read_record(stream))
        while seen[-1][0] == wire.CHANGE_CIPHER_SPEC:
            seen.append(wire.read_record(stream))


def cookie_returned(size):
    cookie, seen = os.urandom(size), []
    with socket.create_server((peers.HOST, 0)) as listener:
        listener.settimeout(10)
        server = threading.Thread(target=answer_with_cookie, args=(listener, cookie, seen))
        server.start()
        ask(listener.getsockname(), verifying(), HELLO, len(HELLO))
        server.join()
    kind, message = seen[-1]
    equal((kind, message[0]), (wire.HANDSHAKE, wire.CLIENT_HELLO), "the answer")
    assert wire.extension(wire.COOKIE, wire.vector(2, cookie)) in message, message


def run_all():
    for size in (1, 300, 3000):
        with case("a cookie of %d bytes comes back" % size):
            cookie_returned(size)
    for name, version, words, kind in WORKS + SERVER_ONLY:
        with case("s_server insists on %s, TLS %s" % (name, version)):
            client(version, words, kind)
    for name, version, words, kind in WORKS + CLIENT_ONLY:
        with case("s_client insists on %s, TLS %s" % (name, version)):
            server(version, words, kind)
    for name, words, kind in REFUSED:
        with case("a server that only does %s is refused" % name):
            client_refuses(words, kind)
        with case("a client that only does %s is refused" % name):
            server_refuses(words, kind)
    for name, sni in (("localhost", "localhost"), ("www.example.test", "www.example.test"),
                      ("a.wild.test", "a.wild.test"), ("127.0.0.1", None), ("::1", None)):
        with case("server_hostname %s is checked, and sent as %s" % (name, sni)):
            name_sent(name, sni)


if __name__ == "__main__":
    run_all()
    end()
