"""Peers that break the rules of TCP or TLS in exactly one way.

Each kind is a function that gets a connected TCP socket and a report (a dict
that the test can ask for).  As a server it answers a TLS client, as a client
(`report["role"] == "client"`) it talks to a TLS server.  The handshakes that
stop half-way or crawl are real ones, made by OpenSSL in memory: only the pipe
to the other side is bad.
"""
import itertools
import socket
import ssl
import struct
import time

STALL = 60  # seconds a peer that says nothing stays connected


def linger_zero(sock):
    """Make the next close send RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def drain(sock, report, seconds=STALL):
    """Read and count until the other side goes away; say nothing."""
    sock.settimeout(seconds)
    try:
        while True:
            data = sock.recv(65536)
            if not data:
                report["end"] = "eof"
                return
            report["bytes"] = report.get("bytes", 0) + len(data)
            report["last"] = data[-64:].hex()
    except socket.timeout:
        report["end"] = "still open"
    except OSError as error:
        report["end"] = "reset" if isinstance(error, ConnectionResetError) else str(error)


class BadPipe:
    """Sends real TLS bytes, but slowly, or only the first few, or with one bit wrong."""

    def __init__(self, sock, gap=0, after=None, wrong=None):
        self.sock, self.gap, self.left, self.wrong = sock, gap, after, wrong

    def send(self, data):
        """False when the pipe has reached the place where it breaks."""
        if self.wrong is not None:
            data = self.spoil(bytearray(data))
        part = data if self.left is None else data[:self.left]
        if self.gap:
            for byte in part:
                self.sock.sendall(bytes((byte,)))
                time.sleep(self.gap)
        elif part:
            self.sock.sendall(part)
        if self.left is not None:
            self.left -= len(part)
        return len(part) == len(data)

    def spoil(self, data):
        if self.wrong < len(data):
            data[self.wrong] ^= 0x20
            self.wrong = len(data) + (1 << 30)
        self.wrong -= len(data)
        return bytes(data)


def handshake(sock, context, report, pipe):
    """Shake hands through the bad pipe until done or broken."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = report["role"] == "client"
    tls = context.wrap_bio(incoming, outgoing, server_side=not client)
    while True:
        try:
            tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            done = False
        if not pipe.send(outgoing.read()):
            report["broke"] = True
            return
        if done:
            return
        data = sock.recv(65536)
        if not data:
            report["end"] = "eof"
            return
        report["bytes"] = report.get("bytes", 0) + len(data)
        incoming.write(data)


def half(sock, report, context=None, gap=0, after=None, then="stall"):
    """A handshake whose bytes crawl (`gap` seconds each) or stop (`after` so many)."""
    try:
        handshake(sock, context, report, BadPipe(sock, gap=gap, after=after))
    except (OSError, ssl.SSLError) as error:
        report["error"] = str(error)
    if then == "stall":
        drain(sock, report)
    elif then == "reset":
        linger_zero(sock)


def silent(sock, report, **_):
    """Reads everything, never says a word."""
    drain(sock, report)


def trickle(sock, report, context=None, **_):
    """One byte a second: a handshake that would succeed some day."""
    half(sock, report, context, gap=1.0)


def halfway(sock, report, context=None, after=None, **_):
    """Falls silent in the middle of a handshake message."""
    half(sock, report, context, after=int(after or middle(report)))


def cut(sock, report, context=None, after=None, **_):
    """Closes in the middle of a handshake message."""
    half(sock, report, context, after=int(after or middle(report)), then="close")


def torn(sock, report, context=None, after=None, **_):
    """Resets the connection in the middle of a handshake message."""
    half(sock, report, context, after=int(after or middle(report)), then="reset")


def middle(report):
    """In a client's first message, or in a server's certificates."""
    return 100 if report["role"] == "client" else 500


def hangup(sock, report, **_):
    """Closes as soon as the other side has spoken (a client: at once)."""
    if report["role"] == "server":
        sock.recv(65536)


def garbage(sock, report, **_):
    """Speaks HTTP where TLS was expected; a server then hangs up, as they do."""
    if report["role"] == "server":
        sock.recv(65536)
        sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        sock.shutdown(socket.SHUT_WR)
    else:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    sock.recv(65536)


def alert(sock, report, code=40, **_):
    """Answers the first message with one fatal alert."""
    sock.recv(65536)
    sock.sendall(bytes((21, 3, 3, 0, 2, 2, int(code))))
    drain(sock, report, 5)


_turn = itertools.count()


def corrupt(sock, report, context=None, step=13, **_):
    """A handshake with one wrong bit, each time in another place."""
    report["wrong"] = next(_turn) * int(step) % 900
    try:
        handshake(sock, context, report, BadPipe(sock, wrong=report["wrong"]))
    except (OSError, ssl.SSLError) as error:
        report["error"] = str(error)
        return
    drain(sock, report, 5)


RECORDS = {
    "ccs": bytes((20, 3, 3, 0, 1, 1)),            # change cipher spec: ignored in TLS 1.3
    "warning": bytes((21, 3, 3, 0, 2, 1, 90)),    # the warning user_canceled
    "request": bytes((22, 3, 3, 0, 4, 0, 0, 0, 0)),  # hello request: ignored by some
    "empty": bytes((23, 3, 3, 0, 0)),             # application data without any data
    "huge": bytes((22, 3, 3, 255, 255)) + bytes(65535),
    "zero": bytes(1000),
}


def endless(sock, report, what="ccs", **_):
    """Answers with the same record for as long as anybody listens."""
    if report["role"] == "server":
        sock.recv(65536)
    sock.settimeout(STALL)
    end = time.monotonic() + STALL
    try:
        while time.monotonic() < end:
            sock.sendall(RECORDS[what] * 100)
    except OSError as error:
        report["end"] = str(error)


def plain(sock, report, **_):
    """Echoes what it gets, without TLS."""
    report["bytes"] = 0
    try:
        while True:
            data = sock.recv(65536)
            if not data:
                report["end"] = "eof"
                return
            report["bytes"] += len(data)
            sock.sendall(data)
    except OSError as error:
        report["end"] = "reset" if isinstance(error, ConnectionResetError) else str(error)


KINDS = {kind.__name__: kind for kind in
         (silent, trickle, halfway, cut, torn, hangup, garbage, alert, corrupt, endless, plain)}
