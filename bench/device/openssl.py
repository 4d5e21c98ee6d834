"""OpenSSL as the board's peer, with the certificates of board/certificates.py."""
import contextlib
import os
import ssl
import sys
import tempfile

from support import peers
from support.process import Process

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "board"))
import certificates  # noqa: E402


@contextlib.contextmanager
def files():
    """A folder with the certificates."""
    with tempfile.TemporaryDirectory(prefix="ussl-bench-") as folder:
        for name in ("ROOT", "LEAF", "LEAF_KEY"):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(getattr(certificates, name))
        with open(os.path.join(folder, "ROOT.pem"), "w") as file:
            file.write(ssl.DER_cert_to_PEM_cert(certificates.ROOT))
        yield folder


def protocol(version, suite):
    """Without a suite, the two ends settle on one."""
    option = "-ciphersuites" if version == "1.3" else "-cipher"
    return peers.openssl_version(version) + ([option, suite] if suite else [])


class Server:
    """`openssl s_server`; its standard input goes to the board."""

    def __init__(self, version, suite=None, extra=()):
        self.argv = ["openssl", "s_server", "-accept", peers.HOST + ":0", "-certform", "DER", "-cert", "LEAF",
                     "-keyform", "DER", "-key", "LEAF_KEY"] + protocol(version, suite) + list(extra)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.process = stack.enter_context(Process(self.argv, cwd=stack.enter_context(files())))
            end = self.process.wait_for("\n", start=self.process.wait_for("ACCEPT"))
            self.port = int(self.process.data[:end].rsplit(b":", 1)[1])
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *exc):
        self.stack.close()

    def send(self, count):
        self.process.send(b"x" * count)


class Client:
    """`openssl s_client`, started anew whenever the board is ready for it."""

    def __init__(self, version):
        self.version = version

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.folder = self.stack.enter_context(files())
        self.port = peers.free_port()
        return self

    def __exit__(self, *exc):
        self.stack.close()

    def connect(self):
        argv = ["openssl", "s_client", "-connect", "%s:%d" % (peers.HOST, self.port), "-CAfile", "ROOT.pem",
                "-servername", "localhost", "-verify_return_error"]
        self.process = self.stack.enter_context(
            Process(argv + protocol(self.version, None), cwd=self.folder))

    def send(self, count):
        self.process.send(b"x" * count)
