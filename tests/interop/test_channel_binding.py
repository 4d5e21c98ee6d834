#!/usr/bin/env python3
"""get_channel_binding() against OpenSSL's exporter: RFC 9266, with the label and the empty
context of its section 2."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import peers, pki  # noqa: E402
from support.report import case, end, equal  # noqa: E402
from support.usslpeer import ScriptServer, read_code  # noqa: E402

EXPORT = ["-keymatexport", "EXPORTER-Channel-Binding", "-keymatexportlen", "32"]

SERVER = """
import binascii, ssl

def answer(ss):
    ss.readline()
    ss.write(b"told " + binascii.hexlify(ss.get_channel_binding("tls-exporter")) + b"\\n")

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(PKI + "server-ecdsa.chain.pem", PKI + "server-ecdsa.key")
serve(context, answer)
"""


def same_at_both_ends(server, version):
    with peers.openssl_client(server.address, version=version, extra=EXPORT) as client:
        client.wait_for("Keying material: ")
        client.send("hello\n")
        client.wait()  # the server closes
        told, exported = (re.search(words + r" (\w+)\r?\n", client.text) for words in ("told", "Keying material:"))
        assert told and exported, client.text
        equal(told.group(1), exported.group(1).lower())



if __name__ == "__main__":
    with ScriptServer(read_code("mpy_serve.py") + SERVER, {"PKI": pki.directory() + os.sep}) as _server:
        for _version in ("1.2", "1.3"):
            with case("the same at both ends as OpenSSL's, TLS " + _version):
                same_at_both_ends(_server, _version)
    end()
