# Runs on MicroPython and on CPython, the same lines on both: a TLS client that does
# what it is told. A request is a line of JSON on stdin, the answer one on stdout;
# the harness takes the time and the processor's time in between.
import json
import socket
import ssl
import sys

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
RECORD = 16384
# ussl sets it by itself; without it CPython would wait for acknowledgements.
IPPROTO_TCP, TCP_NODELAY = 6, 1
# As OpenSSL numbers them; CPython has no name for one of them.
OP_ALLOW_NO_DHE_KEX, OP_ENABLE_MIDDLEBOX_COMPAT = 0x400, 0x100000


class Client:
    def __init__(self, host, port, ca, version, plain=False, psk_alone=False):
        self.ca, self.version = ca, version
        self.plain, self.psk_alone = plain, psk_alone
        self.address = socket.getaddrinfo(host, port)[0][-1]
        self.kept = self.context()
        self.held = []
        self.session = self.link = None

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.ca)
        context.minimum_version = context.maximum_version = VERSIONS[self.version]
        if hasattr(context, "session_cache_size"):
            context.session_cache_size = 0  # what is resumed is asked for
        if self.plain:
            context.options &= ~OP_ENABLE_MIDDLEBOX_COMPAT
        if self.psk_alone:
            context.options |= OP_ALLOW_NO_DHE_KEX
        return context

    def dial(self, context=None, session=None, **more):
        s = socket.socket()
        s.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        ss = (context or self.kept).wrap_socket(s, server_hostname="localhost", session=session, **more)
        ss.connect(self.address)
        return ss

    def say(self, ss, line):
        """One line there and one back: by then a server's tickets are here too."""
        ss.sendall(line)
        if not ss.recv(100):
            raise OSError("the server hung up")

    def save(self, say=True):
        ss = self.dial()
        if say:
            self.say(ss, b"hello\n")
        self.session = ss.session
        told = [ss.version(), ss.cipher()[0]]
        ss.close()
        return told

    def saved_size(self):
        """Bytes of the saved session, where it can be had as bytes."""
        serialize = getattr(self.session, "serialize", None)
        return serialize and len(serialize())

    def full(self, count):
        for _ in range(count):
            ss = self.dial()
            self.say(ss, b"hello\n")
            ss.close()

    def fresh(self, count):
        """With a new context, its files read again, for every connection."""
        for _ in range(count):
            ss = self.dial(self.context())
            self.say(ss, b"hello\n")
            ss.close()

    def resumed(self, count):
        """Returns how many of them the server did resume."""
        reused = 0
        for _ in range(count):
            ss = self.dial(None, self.session)
            self.say(ss, b"hello\n")
            reused += ss.session_reused
            ss.close()
        return reused

    def handshake(self, resumed, early=""):
        """Nothing but the handshake; the connection stays."""
        session = self.session if resumed else None
        ss = self.dial(None, session, early_data=early.encode()) if early else self.dial(None, session)
        self.held.append(ss)
        return bool(ss.early_data_accepted if early else ss.session_reused)

    def handshakes(self, count, resumed):
        """Returns how many of them were as asked for."""
        right = 0
        for _ in range(count):
            right += self.handshake(resumed) == resumed
            self.held.pop().close()
        return right

    def hold(self, count, line):
        for _ in range(count):
            ss = self.dial()
            self.say(ss, line.encode())
            self.held.append(ss)

    def drop(self, say=True):
        """Closes what is held; unread tickets would make the close a reset."""
        for ss in self.held:
            if say:
                self.say(ss, b"bye\n")
            ss.close()
        self.held.clear()

    def out(self, count, size):
        """Sends `count` pieces of `size` bytes over one lasting connection."""
        link, data = self.lasting(), bytes(size)
        link.sendall(b"sink %d\n" % (count * size))
        for _ in range(count):
            link.sendall(data)
        link.recv(100)

    def into(self, count, size):
        """The other way: the server writes `count` pieces of `size` bytes."""
        link, left, data = self.lasting(), count * size, bytearray(RECORD)
        link.sendall(b"source %d %d\n" % (count, size))
        while left > 0:
            got = link.recv_into(data)
            if not got:
                raise OSError("the server hung up")
            left -= got

    def lasting(self):
        self.link = self.link or self.dial()
        return self.link


def obey(client, do, words):
    """Returns (client, what it tells): "setup" makes a client, the rest are its methods."""
    return (Client(**words), None) if do == "setup" else (client, getattr(client, do)(**words))


def main():
    client = None
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        asked = json.loads(line)
        client, told = obey(client, asked.pop("do"), asked)
        print(json.dumps({"told": told}))


main()
