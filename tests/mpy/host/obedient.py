"""A TLS peer on CPython's ssl that does what the other side asks for.

After the handshake it reads one command per line and obeys it:

    echo N        then N bytes: sends them back
    sink N        then N bytes: sends their CRC-32 as decimal digits and a newline
    send N        sends N bytes of a known pattern (i % 251)
    slow N MS     the same, one record per byte, MS milliseconds apart
    flood         sends zeros for as long as anybody takes them
    mirror        from now on sends back whatever comes
    say TEXT      sends TEXT and a newline;  \\n in TEXT is a newline
    after MS ...  sleeps, then obeys the rest of the line
    info          sends what it knows of the connection as one line of JSON
    bye           sends close_notify, then waits for the other side's end
    part TEXT     sends close_notify, and TEXT and a newline in plain right behind it
    drop, reset   closes TCP without close_notify, with FIN or with RST
    garble        sends a record that cannot be authentic
    truncate      sends a piece of a record, then FIN
    tls           starts a second TLS connection inside this one, as server

The same on both sides: a client called by the test obeys the server's lines.
How the connection ended is the report's "end": close_notify, eof, reset, or
the error's name.  "received" counts the bytes that came through TLS.
"""
import json
import socket
import ssl
import threading
import time
import zlib

from hostile import linger_zero

VERSIONS = {"tls12": ssl.TLSVersion.TLSv1_2, "tls13": ssl.TLSVersion.TLSv1_3}
VERIFY = {"none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED}


def pattern(count):
    return bytes(range(251)) * (count // 251) + bytes(range(count % 251))


def context(pki, role, kind="tls", cert=None, verify="none", ca="roots.pem", tickets=None,
            cache="yes", **_):
    """An SSLContext from the options of a `# peers:` word."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if role == "server" else ssl.PROTOCOL_TLS_CLIENT)
    if role == "client":
        made.check_hostname = False
    else:
        made.sni_callback = remember_name
    if kind in VERSIONS:
        made.minimum_version = made.maximum_version = VERSIONS[kind]
    if role == "server" and cert is None:
        cert = "server-ecdsa"
    if cert:
        made.set_ciphers("DEFAULT:@SECLEVEL=0")  # some certificates are weak on purpose
        made.load_cert_chain(pki + cert + ".chain.pem", pki + cert + ".key")
    made.load_verify_locations(pki + ca)
    made.verify_mode = VERIFY[verify]
    if tickets is not None and role == "server":
        made.num_tickets = int(tickets)
    if cache == "ids":  # session IDs in the server's memory, no tickets
        made.options |= ssl.OP_NO_TICKET
    return made


def remember_name(tls, name, _context):
    tls.sni = name


go_on = threading.Semaphore(0)  # what peers that hold are waiting for


class Inner:
    """A TLS connection, server's end, that runs inside another one."""

    def __init__(self, outer, made):
        self.outer = outer
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = made.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.call(self.tls.do_handshake)

    def call(self, step, *args):
        while True:
            try:
                result = step(*args)
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.outer.recv(65536)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    def flush(self):
        data = self.outgoing.read()
        if data:
            self.outer.sendall(data)

    def recv(self, count):
        return self.call(self.tls.read, count)

    def sendall(self, data):
        for start in range(0, len(data), 16384):
            self.call(self.tls.write, data[start:start + 16384])

    def version(self):
        return self.tls.version()


class Ended(Exception):
    """The connection is over, by a command or by the other side."""


class Obedient:
    """One connection: reads lines, obeys them, writes the report."""

    def __init__(self, sock, report, made):
        self.sock, self.report, self.made = sock, report, made
        self.stream = None
        self.buffer = b""

    def run(self, name=None):
        client = self.report["role"] == "client"
        self.sock.settimeout(60)
        try:
            self.stream = self.sock = self.made.wrap_socket(
                self.sock, server_side=not client, suppress_ragged_eofs=False,
                server_hostname=name if client else None)
            self.describe()
            while True:
                self.obey(self.until_newline().decode())
        except Ended as ended:
            self.report["end"] = str(ended)
        except ssl.SSLEOFError:
            self.report["end"] = "eof"
        except ConnectionResetError:
            self.report["end"] = "reset"
        except ssl.SSLError as error:
            self.report["end"] = error.reason or str(error)
        except OSError as error:
            self.report["end"] = str(error)

    def describe(self):
        sock = self.sock
        cert = sock.getpeercert() or {}
        names = [value for rdn in cert.get("subject", ()) for key, value in rdn]
        self.report.update(version=sock.version(), cipher=sock.cipher()[0],
                           reused=sock.session_reused, peer=names[0] if names else None,
                           sni=getattr(sock, "sni", None))

    def obey(self, line):
        verb, _, rest = line.partition(" ")
        getattr(self, "do_" + verb)(rest)

    def more(self):
        data = self.stream.recv(65536)
        if not data:
            self.say_bye_too()
            raise Ended("close_notify")
        self.buffer += data
        self.report["received"] = self.report.get("received", 0) + len(data)

    def say_bye_too(self):
        try:
            self.sock.unwrap()
        except OSError:  # gone already, as most are after their close_notify
            pass

    def until_newline(self):
        while b"\n" not in self.buffer:
            self.more()
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line

    def exactly(self, count):
        while len(self.buffer) < count:
            self.more()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def do_echo(self, rest):
        self.stream.sendall(self.exactly(int(rest)))

    def do_sink(self, rest):
        data = self.exactly(int(rest))
        self.report["bytes"] = len(data)
        self.stream.sendall(b"%d\n" % zlib.crc32(data))

    def do_send(self, rest):
        self.stream.sendall(pattern(int(rest)))

    def do_slow(self, rest):
        count, gap = (int(word) for word in rest.split())
        for byte in pattern(count):
            self.stream.sendall(bytes((byte,)))
            time.sleep(gap / 1000)

    def do_flood(self, _rest):
        while True:
            self.stream.sendall(bytes(16384))

    def do_mirror(self, _rest):
        while True:
            self.stream.sendall(self.buffer)
            self.buffer = b""
            self.more()

    def do_say(self, rest):
        self.stream.sendall(rest.replace("\\n", "\n").encode() + b"\n")

    def do_after(self, rest):
        gap, _, then = rest.partition(" ")
        time.sleep(int(gap) / 1000)
        self.obey(then)

    def do_hold(self, rest):
        go_on.acquire(timeout=60)
        self.obey(rest)

    def do_info(self, _rest):
        self.stream.sendall(json.dumps(self.report).encode() + b"\n")

    def do_bye(self, _rest):
        """unwrap() returns the TCP socket when the other side has said bye too."""
        try:
            self.sock = self.sock.unwrap()
        except ssl.SSLError as error:
            raise Ended("eof" if isinstance(error, ssl.SSLEOFError) else error.reason)
        raise Ended("close_notify")

    def do_part(self, rest):
        """Does not wait for the other side's close_notify, as it should."""
        self.sock.setblocking(False)
        try:
            self.sock.unwrap()
        except ssl.SSLWantReadError:
            pass
        socket.socket.sendall(self.sock, rest.encode() + b"\n")
        self.sock.settimeout(10)
        while socket.socket.recv(self.sock, 65536):
            pass
        raise Ended("parted")

    def do_drop(self, _rest):
        socket.socket.shutdown(self.sock, socket.SHUT_WR)
        raise Ended("dropped")

    def do_reset(self, _rest):
        linger_zero(self.sock)
        raise Ended("was reset")

    def do_garble(self, _rest):
        socket.socket.send(self.sock, bytes((23, 3, 3, 0, 64)) + bytes(64))
        self.more()

    def do_truncate(self, _rest):
        socket.socket.send(self.sock, bytes((23, 3, 3, 0, 64)) + bytes(20))
        socket.socket.shutdown(self.sock, socket.SHUT_WR)
        raise Ended("truncated")

    def do_tls(self, _rest):
        self.stream = Inner(self.stream, self.made)
        self.buffer = b""
