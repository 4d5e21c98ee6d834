"""The two sides that are compared, as processes: ussl on MicroPython, ssl on CPython."""
import contextlib
import json
import os
import sys
import tempfile
import time

from support import mpy, peers, pki
from support.process import PeerError, Process

HERE = os.path.dirname(os.path.abspath(__file__))
SIDES = ("ussl", "CPython")
CERT = "server-ecdsa"  # P-256, with an intermediate
CA = "root-ecdsa"
PATIENCE = 60  # seconds a single request may take

AES128_CONF = """openssl_conf = all
[all]
ssl_conf = modules
[modules]
system_default = tls
[tls]
Ciphersuites = TLS_AES_128_GCM_SHA256
"""


def program(side, script):
    interpreter = [mpy.interpreter()] if side == "ussl" else [sys.executable, "-u"]
    return interpreter + [os.path.join(HERE, script)]


def cpu_seconds(pid):
    """Processor time of another process, all its threads, to the nanosecond.

    Linux makes the number of that clock from the process's (see clock_getcpuclockid).
    """
    return time.clock_gettime((~pid << 3) | 2)


class Worker(Process):
    """A client (mpy_client.py) that is asked for things one by one."""

    def __init__(self, side, before=()):
        super().__init__(list(before) + program(side, "mpy_client.py"))
        self.read = 0

    def ask(self, do, **words):
        self.send(json.dumps(dict(words, do=do)) + "\n")
        end = self.wait_for("\n", PATIENCE, start=self.read)
        line, self.read = self.data[self.read:end], end
        if not line.startswith(b"{"):
            self.wait_for_quiet()
            raise PeerError("%s failed at %s:\n%s" % (self.argv[0], do, self.text[-1500:]))
        return json.loads(line)["told"]

    def setup(self, address, version, **options):
        self.ask("setup", host=address[0], port=address[1], ca=pki.path(CA + ".pem"),
                 version=version, **options)

    def leave(self):
        """End by itself, as a tracer's child must."""
        self.close_input()
        self.wait(PATIENCE)


class SideServer(peers.Server):
    """A server (mpy_server.py) on a free port."""

    def __init__(self, side, version, port, attributes):
        super().__init__(program(side, "mpy_server.py"))
        self.port = port
        self.host = peers.HOST
        self.send(json.dumps({
            "host": self.host, "port": port, "version": version, "attributes": attributes,
            "cert": pki.path(CERT + ".chain.pem"), "key": pki.path(CERT + ".key")}) + "\n")
        try:
            self.wait_for("ready\n")
        except PeerError:
            self.stop()
            raise


def server(side, version, attributes=()):
    """`attributes` are the context's, as a dict."""
    return peers.start_on_free_port(lambda port: SideServer(side, version, port, dict(attributes)))


@contextlib.contextmanager
def workers():
    """A client of each side, by side."""
    with contextlib.ExitStack() as stack:
        yield {side: stack.enter_context(Worker(side)) for side in SIDES}


@contextlib.contextmanager
def fixed_peer(version):
    """The address of a peer.py, which speaks AES-128-GCM."""
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as conf:
        conf.write(AES128_CONF)
        conf.flush()
        env = dict(os.environ, OPENSSL_CONF=conf.name)
        argv = [sys.executable, os.path.join(HERE, "peer.py"), version]
        with peers.Server(argv, env=env) as process:
            end = process.wait_for("\n")
            yield (peers.HOST, int(process.data[:end]))
