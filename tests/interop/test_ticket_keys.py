#!/usr/bin/env python3
"""A ussl server whose clients resume: on another server with the same ticket keys (behind
HAProxy), after restarts and rotations, with client certificates, and never where they must
not. With real clients."""
import contextlib
import os
import socket
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import peers, pki, pytls  # noqa: E402
from support.ask import HELLO, ask, good, verifying  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import UsslServer  # noqa: E402

OLD, NEW = b"o" * 32, b"n" * 32
LINE = "hello\n"


# --- clients: each visits twice and says whether it was resumed ---------------

def s_client(address, version, extra, cert=None, name="localhost"):
    """One visit of s_client; says whether it calls the session reused."""
    with peers.openssl_client(address, version=version, cert=cert, name=name, extra=extra) as client:
        client.wait_for("Verify return code: 0 (ok)")
        client.send(LINE)
        client.wait_for(LINE)
        client.send("Q\n")
        client.wait()
        reused, new = "Reused, TLSv" in client.text, "New, TLSv" in client.text
    assert reused != new, client.text[-1500:]
    return reused


def openssl(address, version, cert):
    with tempfile.TemporaryDirectory() as folder:
        saved = os.path.join(folder, "session")
        return [s_client(address, version, [word, saved], cert) for word in ("-sess_out", "-sess_in")]


def gnutls(address, version, cert):
    """With --resume gnutls-cli connects twice by itself, and uses the second."""
    with peers.gnutls_client(address, version=version, cert=cert, extra=["--resume"]) as client:
        client.wait_for("*** This is a resumed session")
        client.send(LINE)
        client.wait_for(LINE)
        client.close_input()
        client.wait()
        return [False, True]


def cpython(address, version, cert):
    context = pytls.client_context(version=version, cert=cert)
    reused, session = [], None
    for _ in range(2):
        raw = socket.create_connection(address, 10)
        with context.wrap_socket(raw, server_hostname="localhost", session=session) as conn:
            conn.sendall(LINE.encode())
            equal(conn.recv(100), LINE.encode(), "echo")
            reused.append(conn.session_reused)
            session = conn.session
    return reused


def ussl(address, version, cert):
    options = verifying(cert=cert, ssl_version="ssl.PROTOCOL_TLSv" + version.replace(".", "_"))
    first = good(ask(address, options, HELLO, len(HELLO), save=True), HELLO)
    second = good(ask(address, options, HELLO, len(HELLO), first["session"]), HELLO)
    return [first["reused"], second["reused"]]


CLIENTS = {"openssl s_client": openssl, "gnutls-cli": gnutls, "CPython": cpython, "ussl": ussl}


# --- several servers ----------------------------------------------------------

@contextlib.contextmanager
def behind_haproxy(keys, ports=(0, 0), **more):
    """Two processes with the same keys and HAProxy before them, which takes turns."""
    with UsslServer(keys=keys, port=ports[0], **more) as one, \
            UsslServer(keys=keys, port=ports[1], **more) as other, \
            peers.haproxy([one.address, other.address]) as front:
        yield front, (one, other)


def on_the_other_server(visit, version, cert=None, **more):
    with behind_haproxy([OLD], **more) as (front, servers):
        equal(visit(front.address, version, cert), [False, True], "resumed, says the client")
        told = [server.told(0) for server in servers]
        equal(sorted(one["reused"] for one in told), [False, True], "resumed, say the servers")
        digest = pki.digest(cert) if cert else None
        equal([one["peer"] for one in told], [digest] * 2, "certificates, say the servers")


def restarted_and_rotated(version):
    """The processes end and come back: with their key, with a newer one, without the old."""
    with tempfile.TemporaryDirectory() as folder:
        saved = os.path.join(folder, "session")
        use = ["-sess_in", saved]
        with behind_haproxy([OLD]) as (front, _):
            equal(s_client(front.address, version, ["-sess_out", saved]), False, "first")
        for keys, wanted in (([OLD], True), ([NEW, OLD], True), ([NEW], False), ((), False)):
            with behind_haproxy(keys) as (front, servers):
                equal([s_client(front.address, version, use) for _ in servers], [wanted] * 2,
                      "with %d keys" % len(keys))


def own_keys_are_its_own(version):
    with UsslServer() as one, UsslServer() as other, \
            peers.haproxy([one.address, other.address]) as front:
        equal(openssl(front.address, version, None), [False, False], "resumed")


# --- what resumes nobody ------------------------------------------------------

@contextlib.contextmanager
def saved_session(version, extra=(), cert=None, name="localhost", **server):
    """A session file, from a server with the old key."""
    with tempfile.TemporaryDirectory() as folder:
        saved = os.path.join(folder, "session")
        with UsslServer(keys=[OLD], **server) as peer:
            equal(s_client(peer.address, version, ["-sess_out", saved] + list(extra), cert, name),
                  False, "first")
        yield ["-sess_in", saved]


def other_name(version):
    with saved_session(version) as use, UsslServer(keys=[OLD]) as server:
        equal(s_client(server.address, version, use, name="www.example.test"), False, "other name")
        equal(s_client(server.address, version, use), True, "the same name")


def never_past_authentication(version):
    """The server that made the ticket asked for no certificate; this one does."""
    with saved_session(version) as use, \
            UsslServer(keys=[OLD], client_ca="root-ecdsa") as server:
        with peers.openssl_client(server.address, version=version, extra=use) as client:
            client.wait_for("alert")
        told = server.told(0)
        contains(told["error"], "no certificate", "words")
        equal(s_client(server.address, version, use, cert="client-ecdsa"), False, "with one")
        equal(server.told(1)["peer"], pki.digest("client-ecdsa"), "its certificate")


def other_anchors(version):
    """It verifies clients too, but by another root."""
    with saved_session(version, cert="client-ecdsa", client_ca="root-ecdsa") as use, \
            UsslServer(keys=[OLD], client_ca="root-rsa") as server:
        with peers.openssl_client(server.address, version=version, cert="client-ecdsa", extra=use) as client:
            client.wait_for("alert")
        contains(server.told(0)["error"], "unknown issuer", "words")


# --- openssl s_client's and curl's own ways -----------------------------------

def reconnects(extra):
    """s_client connects five more times with the first session."""
    with UsslServer() as server, \
            peers.openssl_client(server.address, version="1.2", extra=["-reconnect"] + extra) as client:
        assert client.wait_count("Reused, TLSv1.2", 5), client.text[-1500:]
        equal(client.count("New, TLSv1.2"), 1, "full handshakes")
        client.send("Q\n")
        client.wait()
        equal([server.told(n)["reused"] for n in range(6)], [False] + [True] * 5, "says ussl")


def number_of_tickets(number):
    context = {"num_tickets": number, "options": 0x100000}
    with UsslServer(context=context) as server, \
            peers.openssl_client(server.address, version="1.3") as client:
        client.wait_for("Verify return code: 0 (ok)")
        client.send(LINE)
        client.wait_for(LINE)
        client.send("Q\n")
        client.wait()
        equal(client.count("Post-Handshake New Session Ticket arrived"), number, "tickets")


def curl_with_certificate(version):
    with UsslServer(client_ca="root-ecdsa", kind="http") as server:
        urls = ["https://localhost:%d/" % server.address[1]] * 2
        run = peers.curl(urls, version=version, cert="client-ecdsa")
        equal(run.status, 0, "curl: " + run.log[-600:])
        told = [server.told(n) for n in (0, 1)]
        equal([one["reused"] for one in told], [False, True], "says ussl")
        equal([one["peer"] for one in told], [pki.digest("client-ecdsa")] * 2, "certificates")


def several_servers():
    for version in ("1.2", "1.3"):
        for name, visit in CLIENTS.items():
            with case("%s resumes on the other server behind HAProxy, TLS %s" % (name, version)):
                on_the_other_server(visit, version)
            with case("%s with a certificate resumes there, TLS %s" % (name, version)):
                on_the_other_server(visit, version, "client-ecdsa", client_ca="root-ecdsa")
        with case("servers restart, and their keys rotate, TLS " + version):
            restarted_and_rotated(version)
        with case("servers with keys of their own resume their own only, TLS " + version):
            own_keys_are_its_own(version)


def one_server():
    for version in ("1.2", "1.3"):
        for refusal in (other_name, never_past_authentication, other_anchors):
            with case("%s: no resumption, TLS %s" % (refusal.__name__.replace("_", " "), version)):
                refusal(version)
        with case("curl with a certificate resumes, TLS " + version):
            curl_with_certificate(version)
    for extra in ([], ["-no_ticket"]):
        with case("s_client -reconnect %s" % " ".join(extra)):
            reconnects(extra)
    for number in (0, 1, 2, 5):
        with case("num_tickets %d, as s_client counts them" % number):
            number_of_tickets(number)


if __name__ == "__main__":
    several_servers()
    one_server()
    end()
