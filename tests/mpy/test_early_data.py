# early_data, early_data_accepted and max_early_data.
# peers: tls12 tls13 silent
# timeout: 120
from harness import *

import select
import ssl


def server_context(allowed=4096, keys=None):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(pki("server-ecdsa.chain.pem"), pki("server-ecdsa.key"))
    ctx.max_early_data = allowed
    if keys:
        ctx.set_ticket_keys(keys)
    return ctx


def client_context():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki("root-ecdsa.pem"))
    ctx.session_cache_size = 0
    return ctx


class Pair:
    # A client and a server in one program. What a client sends is recorded: flights.
    def __init__(self, there, here, session=None, early_data=None):
        self.bios = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.server = there.wrap_bio(*self.bios, server_side=True)
        self.back, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = here.wrap_bio(self.back, self.out, server_hostname="localhost", session=session,
                                    early_data=early_data)
        self.flights = []

    def step(self, end):
        try:
            end.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False

    def carry(self):
        flight = self.out.read()
        if flight:
            self.flights.append(flight)
            self.bios[0].write(flight)

    def handshake(self):
        for _ in range(5):
            mine = self.step(self.client)
            self.carry()
            theirs = self.step(self.server)
            self.back.write(self.bios[1].read())
            if mine and theirs:
                return self
        raise AssertionError("no end of the handshake")

    def arrived(self):
        # All that the server reads.
        data = b""
        try:
            while True:
                data += self.server.read(4096)
        except ssl.SSLWantReadError:
            return data

    def outcome(self):
        return self.client.early_data_accepted, self.server.early_data_accepted, self.arrived()


def session_of(there, here):
    return Pair(there, here).handshake().client.session


def replay(there, flights):
    # The same bytes once more, to a server that has them before it.
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    so = there.wrap_bio(incoming, outgoing, server_side=True)
    data = b""
    for flight in flights:
        incoming.write(flight)
        try:
            data += so.read(4096)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            break
    return so.early_data_accepted, data


@test
def accepted():
    there, here = server_context(), client_context()
    for data in b"?", b"0123456789" * 100, bytearray(4096):
        pair = Pair(there, here, session_of(there, here), data).handshake()
        equal(pair.client.session_reused, True)
        equal(pair.outcome(), (True, True, bytes(data)))
        equal(len(pair.flights), 2)
        true(len(pair.flights[0]) > len(data), "not in the first flight")


@test
def more_than_allowed():
    there, here = server_context(1000), client_context()
    data = bytes(range(250)) * 30
    pair = Pair(there, here, session_of(there, here), data).handshake()
    equal(pair.outcome(), (True, True, data))


@test
def not_given():
    there, here = server_context(), client_context()
    session = session_of(there, here)
    for early_data in None, b"":
        equal(Pair(there, here, session, early_data).handshake().outcome(), (None, None, b""))


@test
def without_a_session():
    equal(Pair(server_context(), client_context(), None, b"once").handshake().outcome(), (False, None, b"once"))


@test
def off_by_default():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    equal(ctx.max_early_data, 0)
    there, here = server_context(0), client_context()
    equal(Pair(there, here, session_of(there, here), b"once").handshake().outcome(), (False, None, b"once"))


@test
def session_used_twice():
    # A ticket brings early data in once; it resumes as often as one likes.
    there, here = server_context(), client_context()
    session = session_of(there, here)
    equal(Pair(there, here, session, b"first").handshake().outcome(), (True, True, b"first"))
    pair = Pair(there, here, session, b"second").handshake()
    equal(pair.outcome(), (False, False, b"second"))
    equal(pair.client.session_reused, True)


@test
def replayed():
    # Captured bytes, sent to the same server: refused, and nothing is read.
    there, here = server_context(), client_context()
    pair = Pair(there, here, session_of(there, here), b"pay 100").handshake()
    equal(pair.outcome(), (True, True, b"pay 100"))
    for _ in range(3):
        equal(replay(there, pair.flights), (False, b""))


@test
def replayed_while_open():
    # The first flight alone, and before the client's own connection has ended.
    there, here = server_context(), client_context()
    pair = Pair(there, here, session_of(there, here), b"pay 100")
    pair.step(pair.client)
    pair.carry()
    pair.step(pair.server)
    equal(replay(there, pair.flights), (False, b""))
    pair.back.write(pair.bios[1].read())
    equal(pair.handshake().outcome(), (True, True, b"pay 100"))


@test
def replayed_first():
    # Whoever holds the bytes back and sends a copy first gets nothing read either: only
    # the client can end the handshake. The client's own data arrives after it.
    there, here = server_context(), client_context()
    pair = Pair(there, here, session_of(there, here), b"pay 100")
    pair.step(pair.client)
    copy = pair.out.read()
    equal(replay(there, [copy]), (True, b""))
    pair.out.write(copy)
    equal(pair.handshake().outcome(), (False, False, b"pay 100"))


@test
def shared_keys():
    # Another server with the same keys, or this one after a restart, resumes without.
    keys = [b"k" * 32]
    here = client_context()
    there = server_context(keys=keys)
    pair = Pair(there, here, session_of(there, here), b"once").handshake()
    equal(pair.outcome(), (True, True, b"once"))
    session = session_of(there, here)
    other = server_context(keys=keys)
    equal(replay(other, pair.flights), (False, b""))
    pair = Pair(other, here, session, b"twice").handshake()
    equal(pair.client.session_reused, True)
    equal(pair.outcome(), (False, False, b"twice"))


@test
def restarted_without_keys():
    here = client_context()
    session = session_of(server_context(), here)
    pair = Pair(server_context(), here, session, b"x" * 3000).handshake()
    equal(pair.client.session_reused, False)
    equal(pair.outcome(), (False, False, b"x" * 3000))


@test
def protocol():
    # The same one of ALPN as the session's.
    there, here = server_context(), client_context()
    for ctx in there, here:
        ctx.set_alpn_protocols(["a", "b"])
    pair = Pair(there, here, session_of(there, here), b"for a").handshake()
    equal(pair.client.selected_alpn_protocol(), "a")
    equal(pair.outcome(), (True, True, b"for a"))


# ---- with sockets ----


def echoed(ss, text):
    equal(ss.read(len(text)), text)


def to_a_peer(peer):
    # CPython's servers accept none: the data is the first that follows the handshake.
    text = b"early" * 50
    data = b"echo %d\n" % len(text) + text
    ss = ssl.wrap_socket(socket.socket(), early_data=data)
    equal(ss.early_data_accepted, None)
    ss.connect(getattr(peers, peer))
    equal(ss.early_data_accepted, False)
    echoed(ss, text)
    exchange(ss)
    session = ssl.save_session(ss)
    ss.close()
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)), saved_session=session, early_data=data)
    equal((ss.session_reused, ss.early_data_accepted), (True, False))
    echoed(ss, text)
    ss.close()


case("blocking, tls12", to_a_peer, "tls12")
case("blocking, tls13", to_a_peer, "tls13")


@test
def handshake_later():
    for first in "do_handshake", "read", "write":
        ss = ssl.wrap_socket(tcp(peers.tls13), early_data=b"echo 5\nearly", do_handshake=False)
        if first == "do_handshake":
            ss.do_handshake()
        elif first == "write":
            ss.write(b"echo 4\nlate")
        echoed(ss, b"early")
        if first == "write":
            echoed(ss, b"late")
        ss.close()


@test
def non_blocking():
    s = tcp(peers.tls13)
    s.setblocking(False)
    ss = ssl.wrap_socket(s, early_data=b"echo 9\nnon-block", do_handshake=False)
    poller = select.poll()
    poller.register(ss, select.POLLIN)
    got = b""
    clock = Clock()
    while len(got) < 9 and clock() < 20:
        try:
            got += ss.read(100) or b""
        except OSError:
            pass
        poller.poll(100)
    equal(got, b"non-block")
    ss.close()


@test
def much():
    text = b"0123456789abcdef" * 3000
    ss = ssl.wrap_socket(tcp(peers.tls13), early_data=b"echo %d\n" % len(text) + text)
    echoed(ss, text)
    ss.close()


@test
def deadline():
    clock = Clock()
    ss = ssl.wrap_socket(socket.socket(), early_data=b"nobody", timeout=0.5)
    raises(ssl.SSLTimeoutError, ss.connect, peers.silent)
    equal(ss.early_data_accepted, None)
    clock.between(0.3, 10)
    ss.close()


@test
def closed_before_the_handshake():
    for connected in False, True:
        s = tcp(peers.silent) if connected else socket.socket()
        ss = ssl.wrap_socket(s, early_data=b"never", do_handshake=False)
        ss.close()


# ---- arguments ----


@test
def wrong_values():
    ctx = client_context()
    there = server_context()
    for wrap in ssl.wrap_socket, lambda s, **more: ctx.wrap_socket(s, server_hostname="x", **more):
        s = socket.socket()
        raises(TypeError, wrap, s, early_data=5, contains="early_data")
        s.close()
    s = socket.socket()
    raises(ValueError, there.wrap_socket, s, server_side=True, early_data=b"x", contains="max_early_data")
    raises(ValueError, ssl.wrap_socket, s, server_side=True, early_data=b"x", contains="max_early_data")
    s.close()


@test
def attribute():
    there = server_context()
    equal(there.max_early_data, 4096)
    there.max_early_data = 32768
    for wrong in -1, 32769, 1 << 70:
        raises(ValueError, setattr, there, "max_early_data", wrong, contains="max_early_data")
    raises(TypeError, setattr, there, "max_early_data", "1")
    equal(there.max_early_data, 32768)
    raises(ValueError, setattr, client_context(), "max_early_data", 1, contains="server")
    used = there.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
    raises(ValueError, setattr, there, "max_early_data", 1)
    true(used is not None)


run()
