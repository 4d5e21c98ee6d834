"""Real clients of a ussl server.

Every function lets a client visit the server in full and then resumed, and
gives back (what the ussl server told, [did the client say the visit was
resumed, ...]).  Data goes both ways: the echo of 119 KB, or a download and an
upload over HTTP.
"""
import os
import socket
import tempfile

from support import peers, pytls
from support.report import equal
from support.usslpeer import UsslServer

from as_client import DATA


def openssl_visit(server, version, root, session):
    """One visit of s_client; says whether it calls the session reused."""
    with peers.openssl_client(server.address, "root-" + root, version, extra=session) as client:
        client.wait_for("Verify return code: 0 (ok)")
        client.send(DATA)
        client.wait_for(DATA, 30)
        client.send("Q\n")
        client.wait()
        text = client.text
    assert ("Reused, TLSv" + version in text) != ("New, TLSv" + version in text), text[-2000:]
    return "Reused, TLSv" + version in text


def openssl(version, root):
    with UsslServer("server-" + root) as server, tempfile.TemporaryDirectory() as folder:
        saved = os.path.join(folder, "session")
        said = [openssl_visit(server, version, root, ["-sess_out", saved]),
                openssl_visit(server, version, root, ["-sess_in", saved])]
        return [server.told(n) for n in (0, 1)], said


def gnutls_visit(server, version, root, extra):
    with peers.gnutls_client(server.address, "root-" + root, version, extra=extra) as client:
        client.wait_for("Handshake was completed")
        if extra:
            client.wait_for("*** This is a resumed session")
        client.send(DATA)
        client.wait_for(DATA, 30)
        client.close_input()
        client.wait()
        return "This is a resumed session" in client.text


def gnutls(version, root):
    """With --resume gnutls-cli connects twice by itself, and uses the second."""
    with UsslServer("server-" + root) as server:
        said = [gnutls_visit(server, version, root, []),
                gnutls_visit(server, version, root, ["--resume"])]
        return [server.told(0), server.told(2)], said


def curl(version, root):
    """Download twice, then upload twice: the second of each is resumed, by one curl."""
    with UsslServer("server-" + root, kind="http") as server, \
            tempfile.NamedTemporaryFile() as body:
        body.write(DATA)
        body.flush()
        urls = ["https://localhost:%d/" % server.address[1]] * 2
        get = peers.curl(urls, "root-" + root, version)
        equal(get.body.count(DATA), 2, "whole downloads by curl:\n%s\n" % get.log[-600:])
        put = peers.curl(urls, "root-" + root, version, extra=["--data-binary", "@" + body.name])
        equal(put.body, b"received=%d\n" % len(DATA) * 2, "uploads by curl")
        for run in (get, put):
            equal(run.log.count("SSL re-using session ID"), 1, "resumptions, says curl")
        return [server.told(0), server.told(1)], [False, True]


def python_visit(server, context, session):
    raw = socket.create_connection(server.address, 10)
    with context.wrap_socket(raw, server_hostname="localhost", session=session) as conn:
        for at in range(0, len(DATA), 15000):
            piece = DATA[at:at + 15000]
            conn.sendall(piece)
            back = b""
            while len(back) < len(piece):
                part = conn.recv(65536)
                assert part, "the echo ended early"
                back += part
            assert back == piece, "the echo differs"
        return conn.session_reused, conn.session


def cpython(version, root):
    with UsslServer("server-" + root) as server:
        context = pytls.client_context("root-" + root, version)
        first, session = python_visit(server, context, None)
        second, _ = python_visit(server, context, session)
        return [server.told(n) for n in (0, 1)], [first, second]


PEERS = {"openssl s_client": openssl, "gnutls-cli": gnutls, "curl": curl, "CPython ssl": cpython}
