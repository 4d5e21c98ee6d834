#!/usr/bin/env python3
"""An address as server_hostname is found among the certificate's addresses only:
a DNS name that looks like it, or a common name, is none (RFC 9525, 6.5)."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import peers, pki, pytls  # noqa: E402
from support.ask import HELLO, ask, good, refused, verifying  # noqa: E402
from support.report import case, contains, end  # noqa: E402

# name asked for, subjectAltName, accepted
ROWS = [
    ("127.0.0.1", "IP:127.0.0.1", True),
    ("127.0.0.1", "IP:10.0.0.1,DNS:localhost,IP:127.0.0.1", True),
    ("127.0.0.1", "DNS:127.0.0.1", False),
    ("127.0.0.1", "DNS:*.0.0.1", False),
    ("127.0.0.1", "DNS:127.0.0.1,IP:127.0.0.2", False),
    ("127.0.0.1", "URI:https://127.0.0.1", False),
    ("::1", "IP:::1", True),
    ("::1", "DNS:::1", False),
    ("localhost", "DNS:localhost,IP:127.0.0.1", True),
    ("localhost", "IP:127.0.0.1", False),
]


def issue(folder, names):
    """A server certificate directly under the root with these names; its path, chain and key."""
    def openssl(*words):
        subprocess.run(("openssl",) + words, cwd=folder, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peers.write_file(os.path.join(folder, "ext"), b"subjectAltName=%s\nextendedKeyUsage=serverAuth\n"
                     % names.encode())
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", "/CN=127.0.0.1", "-keyout", "leaf.key", "-out", "leaf.csr")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", pki.path("root-ecdsa.pem"),
            "-CAkey", pki.path("root-ecdsa.key"), "-set_serial", "1", "-days", "2",
            "-extfile", "ext", "-out", "leaf.chain.pem")
    return os.path.join(folder, "leaf")


def check(name, names, accepted):
    with tempfile.TemporaryDirectory(prefix="ussl-address-") as folder:
        with pytls.PythonServer(issue(folder, names)) as server:
            told = ask(server.address, verifying(name=name), HELLO, len(HELLO))
            if accepted:
                good(told, HELLO)
            else:
                words = refused(told)
                contains(words, name)
                contains(words, "does not match")


if __name__ == "__main__":
    for row in ROWS:
        with case("%s is %sin %s" % (row[0], "" if row[2] else "not ", row[1])):
            check(*row)
    end()
