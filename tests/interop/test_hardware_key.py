#!/usr/bin/env python3
"""ecdsa_sign_callback: ussl's private key is in a process of its own, which only signs, and
OpenSSL, GnuTLS and curl accept what it has signed; as a server and as a client."""
import os
import socketserver
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import ScriptServer, read_code  # noqa: E402

HELLO = "hello, element\n"

# What both scripts begin with: a function that asks the element.
SIGN = """
import binascii, socket, ssl

def sign(key, hash):
    assert key == b"", key
    s = socket.socket()
    s.connect(socket.getaddrinfo(HOST, ELEMENT)[0][-1])
    s.write(binascii.hexlify(hash) + b"\\n")
    told = binascii.unhexlify(s.readline().strip())
    s.close()
    return told

def context(protocol):
    made = ssl.SSLContext(protocol)
    made.ecdsa_sign_callback = sign
    made.load_cert_chain(CERT)
    made.load_verify_locations(CA)
    made.minimum_version = made.maximum_version = 0x301 + VERSION
    return made
"""

CLIENT = SIGN + """
ss = context(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(socket.socket(), server_hostname="localhost")
ss.connect(socket.getaddrinfo(HOST, PORT)[0][-1])
ss.write(SAY)
print(ss.version(), ss.readline().decode())
ss.close()
"""

SERVER = SIGN + """
serve(context(ssl.PROTOCOL_TLS_SERVER), echo)
"""


class Element(socketserver.ThreadingTCPServer):
    """Holds a key, and gives out nothing but signatures: a hash for a line, both in hexadecimal."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, name):
        super().__init__((peers.HOST, 0), Visit)
        self.key = pki.path(name + ".key")
        self.signed = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def __exit__(self, *exc):
        self.shutdown()
        super().__exit__(*exc)


class Visit(socketserver.StreamRequestHandler):
    def handle(self):
        digest = bytes.fromhex(self.rfile.readline().decode())
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.server.key], input=digest,
                              stdout=subprocess.PIPE, check=True)
        self.server.signed += 1
        self.wfile.write(done.stdout.hex().encode() + b"\n")


def words(element, cert, version, **more):
    return dict(ELEMENT=element.port, CERT=pki.path(cert + ".chain.pem"), CA=pki.path("root-ecdsa.pem"),
                VERSION=int(version[2]), **more)


def as_client(start, version, answer):
    with Element("client-ecdsa") as element, start(version) as server:
        told = mpy.run(CLIENT, words(element, "client-ecdsa", version, HOST=peers.HOST, PORT=server.port, SAY=HELLO)).check()
        equal(told.split(), ["TLSv" + version] + answer.split(), "what was said")
        equal(element.signed, 1, "signatures")


def serving(element, version):
    code = read_code("mpy_serve.py") + SERVER
    return ScriptServer(code, words(element, "server-ecdsa", version))


def openssl(server, version):
    with peers.openssl_client(server.address, version=version) as client:
        client.send(HELLO)
        client.wait_for(HELLO)
        contains(client.text, "Verify return code: 0 (ok)", "verification")


def gnutls(server, version):
    with peers.gnutls_client(server.address, version=version) as client:
        client.wait_for("Handshake was completed")
        client.send(HELLO)
        client.wait_for(HELLO)


def curl(server, version):
    run = peers.curl(["https://localhost:%d/" % server.address[1]], version=version)
    equal((run.status, run.body[:3]), (0, b"GET"), "curl: " + run.log[-500:])


if __name__ == "__main__":
    for _version in ("1.2", "1.3"):
        for _visit in (openssl, gnutls, curl):
            with case("%s at a server whose key is elsewhere, TLS %s" % (_visit.__name__, _version)):
                with Element("server-ecdsa") as _element, serving(_element, _version) as _server:
                    _visit(_server, _version)
                    equal(_element.signed, 1, "signatures")
        with case("a client whose key is elsewhere at OpenSSL, TLS " + _version):
            as_client(lambda version: peers.openssl_server(version=version, mode="rev", client_ca="root-ecdsa"),
                      _version, HELLO.strip()[::-1])
        with case("a client whose key is elsewhere at GnuTLS, TLS " + _version):
            as_client(lambda version: peers.gnutls_server(version=version, client_ca="root-ecdsa"), _version,
                      HELLO.strip())
    end()
