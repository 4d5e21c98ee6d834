"""CPython's ssl as a peer: a server in threads, and contexts for clients."""
import socket
import ssl
import threading
import time

from . import pki
from .process import PeerError

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def pin(context, version):
    if version:
        context.minimum_version = context.maximum_version = VERSIONS[version]
    return context


def client_context(ca="root-ecdsa", version=None, cert=None):
    """Verifies chain and name, as everybody should."""
    context = pin(ssl.create_default_context(cafile=pki.path(ca + ".pem")), version)
    if cert:
        context.load_cert_chain(pki.path(cert + ".chain.pem"), pki.path(cert + ".key"))
    return context


def server_context(cert="server-ecdsa", version=None, client_ca=None):
    context = pin(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), version)
    context.load_cert_chain(pki.path(cert + ".chain.pem"), pki.path(cert + ".key"))
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(pki.path(client_ca + ".pem"))
    return context


def echo(conn):
    """Send back everything until the client says that it is done."""
    while True:
        data = conn.recv(65536)
        if not data:
            return
        conn.sendall(data)


class PythonServer:
    """Accepts in a thread and runs `handler(connection)` for each client in another.

    `reports` has one dict per client, in order of arrival: version, cipher,
    reused, sni, peer (the client certificate's subject) or error, and at its end
    `closed`: "clean" (close_notify came), or the words of the exception.
    """

    def __init__(self, cert="server-ecdsa", version=None, client_ca=None, handler=echo,
                 context=None, host="127.0.0.1", port=0):
        self.context = context or server_context(cert, version, client_ca)
        self.context.sni_callback = self._note_sni
        self.handler = handler
        self.reports = []
        self._news = threading.Condition()
        self._socks = []
        self.listener = socket.create_server((host, port))
        self.host, self.port = self.address = self.listener.getsockname()[:2]
        self._stopping = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _note_sni(self, conn, name, context):
        conn.sni_seen = name

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            if self._stopping:
                sock.close()
                return
            self._socks.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        report = {}
        try:
            conn = self.context.wrap_socket(sock, server_side=True, suppress_ragged_eofs=False,
                                            do_handshake_on_connect=False)
            self._socks.append(conn)
            conn.sni_seen = None
            conn.settimeout(30)
            conn.do_handshake()
            report.update(describe(conn), sni=conn.sni_seen)
        except (OSError, ValueError) as error:
            report["error"] = str(error)
            sock.close()
            self._tell(report)
            return
        self._tell(report)
        try:
            self.handler(conn)
            report["closed"] = "clean"
        except (OSError, ValueError) as error:
            report["closed"] = str(error) or type(error).__name__
        conn.close()
        with self._news:
            self._news.notify_all()

    def _tell(self, report):
        with self._news:
            self.reports.append(report)
            self._news.notify_all()

    def wait_report(self, number=0, key=None, timeout=10):
        """The report of a client by number, once it has `key` when one is given."""
        end = time.monotonic() + timeout
        with self._news:
            while len(self.reports) <= number or (key and key not in self.reports[number]):
                left = end - time.monotonic()
                if left <= 0:
                    raise PeerError("no report %d %s from the CPython server: %r" % (
                        number, key or "", self.reports))
                self._news.wait(left)
            return self.reports[number]

    def stop(self):
        """Close everything; an accept() that sleeps is woken by one last client."""
        self._stopping = True
        try:
            socket.create_connection(self.address, 1).close()
        except OSError:
            pass
        self._thread.join(5)
        self.listener.close()
        for sock in self._socks:
            sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


def describe(conn):
    peer = conn.getpeercert() or {}
    names = [value for rdn in peer.get("subject", ()) for key, value in rdn if key == "commonName"]
    return {"version": conn.version(), "cipher": conn.cipher()[0], "reused": conn.session_reused,
            "peer": names[0] if names else None}
