"""ussl on MicroPython as a server in the background, for real clients to visit."""
import json
import os

from . import mpy, peers, pki
from .process import PeerError

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def read_code(name):
    with open(os.path.join(HERE, "interop", name)) as file:
        return file.read()


class ScriptServer:
    """A script on MicroPython that serves HOST and PORT and prints "ready" when it does:
    `with ScriptServer(code, variables) as server`: server.address, server.told(n)."""

    def __init__(self, code, variables, port=0):
        self.code, self.variables = code, dict(variables, HOST=mpy.here())
        self.process = peers.start_on_free_port(self._start, port)

    def _start(self, port):
        self.address = (peers.HOST, port)
        process = mpy.start(self.code, dict(self.variables, PORT=port), port=port)
        try:
            process.wait_for("ready\n")
        except PeerError:
            process.stop()
            raise
        return process

    def told(self, number=0, timeout=10):
        """What the server printed about a client, by order of their ends."""
        end = self.process.wait_for("ready\n")
        start = end
        for _ in range(number + 1):
            start, end = end, self.process.wait_for("\n", timeout, start=end)
        return json.loads(self.process.data[start:end])

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.process.stop()


class UsslServer(ScriptServer):
    """One of mpy_server.py."""

    def __init__(self, cert="server-ecdsa", version=None, client_ca=None, kind="echo", context=None,
                 keys=(), port=0):
        super().__init__(read_code("mpy_server.py"), {
            "CERT": pki.path(cert + ".chain.pem"), "KEY": pki.path(cert + ".key"), "VERSION": version,
            "KIND": kind, "CONTEXT": context, "TICKET_KEYS": [key.hex() for key in keys],
            "CLIENT_CA": pki.path(client_ca + ".pem") if client_ca else None}, port)
