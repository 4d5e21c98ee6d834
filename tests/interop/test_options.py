#!/usr/bin/env python3
"""SSLContext.options and the short hellos of resuming clients, with real servers: what goes
over the wire, who resumes, and that a server which does not makes a full handshake."""
import os
import socket
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki, pytls, wire  # noqa: E402
from support.process import PeerError  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.report import case, end, equal  # noqa: E402
from support.usslpeer import UsslServer, read_code  # noqa: E402

COMPAT, NO_DHE = 0x100000, 0x400
REQUEST = "GET / HTTP/1.0\r\n\r\n"
SERVERS = {
    "OpenSSL": lambda version, cert: peers.openssl_server(cert, version, mode="rev"),
    "GnuTLS": lambda version, cert: peers.gnutls_server(cert, version),
    "nginx": lambda version, cert: peers.nginx(cert, version),
    "CPython": lambda version, cert: pytls.PythonServer(cert, version=version),
    "ussl": lambda version, cert: UsslServer(cert),
}
# Who resumes without (EC)DHE, and how it is told to.
WILLING = {
    "OpenSSL": lambda: peers.openssl_server(version="1.3", mode="rev", extra=["-allow_no_dhe_kex"]),
    "GnuTLS": lambda: peers.gnutls_server(version="1.3", extra=["--priority", "NORMAL:+PSK"]),
    "ussl": lambda: UsslServer(context={"options": COMPAT | NO_DHE}),
}


def visits(address, count=2, options=None, version=None, session="", ca="root-ecdsa", early=False):
    told = mpy.run(read_code("mpy_resume.py"), {
        "HOST": mpy.seen(address[0]), "PORT": address[1], "CA": pki.path(ca + ".pem"), "OPTIONS": options,
        "VERSION": version, "SAY": REQUEST, "SESSION": session or "", "VISITS": count, "EARLY": early})
    return told.json()


def last_hellos(relay, count=2):
    """What the client said in its last connection, and what the server did."""
    link = relay.wait_done(count - 1)
    return list(wire.client_hellos(link.up.data)), link


def change_cipher_specs(data):
    return [kind for kind, _ in wire.records(data)].count(wire.CHANGE_CIPHER_SPEC)


def short_id(start):
    """TLS 1.2: one byte of session ID beside the ticket, and the server sends it back."""
    with start("1.2", "server-ecdsa") as server, Relay(server.address, record=True) as relay:
        equal(visits(relay.address, version="1.2")["reused"], [False, True], "resumed")
        [(session_id, extensions)], link = last_hellos(relay)
        equal(len(session_id), 1, "length of the ID")
        assert 11 not in extensions, "point formats are said again"
        equal(wire.server_resumed(link.down.data), True, "resumed, on the wire")


def forgotten(start, version, cert, ca):
    """The server that comes back knows nothing of its tickets."""
    with start(version, cert) as server:
        session = visits(server.address, 1, COMPAT | NO_DHE, version, ca=ca)["session"]
        assert session, "no session"
    for options in (COMPAT, 0, NO_DHE):
        with start(version, cert) as server:
            told = visits(server.address, 1, options, version, session, ca)
            equal(told["reused"], [False], "resumed")


def without_compat(start, answers):
    with start("1.3", "server-ecdsa") as server, Relay(server.address, record=True) as relay:
        equal(visits(relay.address, options=0, version="1.3")["reused"], [False, True], "resumed")
        [(session_id, _)], link = last_hellos(relay)
        equal((session_id, change_cipher_specs(link.up.data)), (b"", 0), "the client's ID and record")
        equal(change_cipher_specs(link.down.data), answers, "records of the server")


def by_default():
    """A share of a key, and no mode without."""
    with WILLING["OpenSSL"]() as server, Relay(server.address, record=True) as relay:
        equal(visits(relay.address)["reused"], [False, True], "resumed")
        [(session_id, extensions)], link = last_hellos(relay)
        equal((len(session_id), change_cipher_specs(link.up.data)), (32, 1), "for middleboxes")
        equal(extensions[wire.PSK_MODES], b"\x01\x01", "modes")
        equal(len(extensions[wire.KEY_SHARE]), 38, "length of the share")


def psk_alone(start):
    with start() as server, Relay(server.address, record=True) as relay:
        told = visits(relay.address, 3, COMPAT | NO_DHE)
        equal(told["reused"], [False, True, True], "resumed")
        [(_, extensions)], link = last_hellos(relay, 3)
        equal(extensions[wire.PSK_MODES], b"\x01\x00", "modes")
        equal(extensions[wire.KEY_SHARE], b"\x00\x00", "shares")
        [hello] = [body for kind, body in wire.messages(link.down.data) if kind == wire.SERVER_HELLO]
        answers = wire.hello_extensions(hello)
        assert wire.PRE_SHARED_KEY in answers and wire.KEY_SHARE not in answers, "answers %r" % answers


def declined(start, options):
    """HelloRetryRequest, and then a full handshake."""
    with start("1.3", "server-ecdsa") as server, Relay(server.address, record=True) as relay:
        equal(visits(relay.address, 2, options)["reused"], [False, False], "resumed")
        hellos, _ = last_hellos(relay)
        equal([len(extensions[wire.KEY_SHARE]) for _, extensions in hellos], [2, 38], "shares")


def with_early_data(options, reused, context):
    """To ussl, which answers what it gets once."""
    with UsslServer(context=dict(context, max_early_data=1000)) as server:
        told = visits(server.address, 2, options, early=True)
        equal(told["reused"], [False, reused], "resumed")
        equal(told["early"][1], reused, "early data")
        equal(server.told(1)["bytes"], len(REQUEST), "bytes that ussl got")


def answer_with_cookie(listener, hellos):
    """Asks for the same hello with a cookie, takes it in and hangs up."""
    visitor = listener.accept()[0]
    visitor.settimeout(10)
    with visitor, visitor.makefile("rb") as stream:
        sent = visitor.recv(4096)
        hellos += wire.client_hellos(sent)
        visitor.sendall(wire.retry_request(hellos[0][0], 0x1301, wire.extension(wire.COOKIE, wire.vector(2, b"cookie"))))
        kind, message = wire.read_record(stream)
        while kind == wire.CHANGE_CIPHER_SPEC:
            kind, message = wire.read_record(stream)
        hellos += wire.client_hellos(b"\x16\x03\x03" + wire.vector(2, message))


def asked_for_a_cookie_alone():
    """RFC 8446 4.1.2: the second hello is the first with the cookie."""
    with WILLING["OpenSSL"]() as server:
        session = visits(server.address, 1, COMPAT | NO_DHE)["session"]
    hellos = []
    with socket.create_server((peers.HOST, 0)) as listener:
        listener.settimeout(10)
        server = threading.Thread(target=answer_with_cookie, args=(listener, hellos))
        server.start()
        try:
            visits(listener.getsockname(), 1, COMPAT | NO_DHE, session=session)
        except PeerError:
            pass  # it was hung up on
        server.join()
    (first_id, first), (second_id, second) = hellos
    equal(second.pop(wire.COOKIE), wire.vector(2, b"cookie"), "the cookie")
    equal((second_id, list(second)), (first_id, list(first)), "what the second hello says")
    equal((first[wire.KEY_SHARE], second[wire.KEY_SHARE]), (b"\0\0", b"\0\0"), "shares")


def run_all():
    with case("a retry request without a share keeps the PSK alone"):
        asked_for_a_cookie_alone()
    for name, start in SERVERS.items():
        with case("%s: a ticket of TLS 1.2 with an ID of one byte" % name):
            short_id(start)
        for version in ("1.2", "1.3"):
            for cert, ca in (("server-ecdsa", "root-ecdsa"), ("server-rsa", "root-rsa")):
                with case("%s, %s: no ticket is known, full handshake, TLS %s" % (name, cert, version)):
                    forgotten(start, version, cert, ca)
        with case("%s: resumed without middlebox compatibility" % name):
            without_compat(start, 0 if name == "ussl" else 1)
        for options, words in ((COMPAT | NO_DHE, "with"), (NO_DHE, "without")):
            with case("%s declines the PSK alone, %s middlebox compatibility" % (name, words)):
                declined(start, options)
    for name, start in WILLING.items():
        with case("%s: resumed with the PSK alone" % name):
            psk_alone(start)
    for compat, words in ((COMPAT, "with"), (0, "without")):
        with case("the PSK alone and early data, %s middlebox compatibility" % words):
            with_early_data(compat | NO_DHE, True, {"options": NO_DHE})
        with case("the PSK alone is declined: early data comes again, %s middlebox compatibility" % words):
            with_early_data(compat | NO_DHE, False, {})
        with case("early data with ECDHE, %s middlebox compatibility" % words):
            with_early_data(compat, True, {})
    with case("by default a client resumes with (EC)DHE only"):
        by_default()


if __name__ == "__main__":
    run_all()
    end()
