#!/usr/bin/env python3
"""sni_callback with real clients: one ussl server, several names; OpenSSL, GnuTLS and curl get
the certificate of the name that they ask for, are asked for theirs where that is wanted, and
resume only where they were."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import peers, pki  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import ScriptServer, read_code  # noqa: E402

HELLO = "hello, name\n"
ECDSA, RSA, STRICT = "localhost", "www.example.test", "strict.wild.test"

# Its contexts share the keys of their tickets.
SERVER = """
import ssl

def context(name, ca=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(PKI + name + ".chain.pem", PKI + name + ".key")
    made.set_ticket_keys([b"k" * 32])
    if ca:
        made.load_verify_locations(PKI + ca)
        made.verify_mode = ssl.CERT_REQUIRED
    return made

def choose(ss, name, context):
    if name == "refused.test":
        return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    if name in contexts:
        ss.context = contexts[name]

first = context("server-ecdsa")
contexts = {NAMES[1]: context("server-rsa"), NAMES[2]: context("server-ecdsa", "root-ecdsa.pem")}
first.sni_callback = choose
serve(first, echo)
"""


def serving():
    return ScriptServer(read_code("mpy_serve.py") + SERVER, {"PKI": pki.directory() + os.sep, "NAMES": [ECDSA, RSA, STRICT]})


def ca_of(name):
    return "root-rsa" if name == RSA else "root-ecdsa"


def openssl(server, version, name, cert=None, extra=()):
    with peers.openssl_client(server.address, ca_of(name), version, name, cert, extra) as client:
        client.send(HELLO)
        client.wait_for(HELLO)
        contains(client.text, "Verify return code: 0 (ok)", "verification")
        return "Reused, TLS" in client.text


def gnutls(server, version, name):
    with peers.gnutls_client(server.address, ca_of(name), version, name) as client:
        client.wait_for("Handshake was completed")
        client.send(HELLO)
        client.wait_for(HELLO)


def curl(server, version):
    """Both names in one run, at one address."""
    port = server.address[1]
    extra = [word for name in (ECDSA, RSA) for word in ("--resolve", "%s:%d:%s" % (name, port, peers.HOST))]
    run = peers.curl(["https://%s:%d/%s" % (name, port, name) for name in (ECDSA, RSA)], ca="roots", version=version,
                     extra=extra)
    equal((run.status, run.body), (0, "".join("GET /%s HTTP/1.1\r\n" % name for name in (ECDSA, RSA)).encode()),
          "curl: " + run.log[-500:])


def turned_away(server, version, name, alert, extra=()):
    with peers.openssl_client(server.address, "roots", version, name, extra=extra) as client:
        client.wait_for(alert)


def sessions(server, version, folder):
    """A ticket from a name that lets anybody in is shown to one that does not."""
    session = os.path.join(folder, "session" + version)
    equal(openssl(server, version, ECDSA, extra=["-sess_out", session]), False, "resumed")
    equal(openssl(server, version, ECDSA, extra=["-sess_in", session]), True, "resumed")
    turned_away(server, version, STRICT, "alert", ["-sess_in", session])
    equal(openssl(server, version, STRICT, "client-ecdsa", ["-sess_in", session]), False, "resumed")


if __name__ == "__main__":
    for _version in ("1.2", "1.3"):
        with serving() as _server, tempfile.TemporaryDirectory() as _folder:
            for _name in (ECDSA, RSA):
                for _visit in (openssl, gnutls):
                    with case("%s asks for %s, TLS %s" % (_visit.__name__, _name, _version)):
                        _visit(_server, _version, _name)
            with case("openssl shows its certificate where it is asked, TLS " + _version):
                openssl(_server, _version, STRICT, "client-ecdsa")
            with case("openssl shows none there, TLS " + _version):
                turned_away(_server, _version, STRICT, "alert")
            with case("curl asks for two names, TLS " + _version):
                curl(_server, _version)
            with case("openssl asks for a name that is refused, TLS " + _version):
                turned_away(_server, _version, "refused.test", "unrecognized name")
            with case("openssl's session of another name, TLS " + _version):
                sessions(_server, _version, _folder)
    end()
