# DTLS 1.2: two ends in one program, over UDP and over Python objects that lose datagrams.
# peers: tls12
# timeout: 180
import errno
import io
import select
from harness import *

import ssl

if not hasattr(ssl, "PROTOCOL_DTLS_CLIENT"):
    print("skip - DTLS: this build has none")
    raise SystemExit


# ---- contexts and sockets ----


def client_context():
    context = ssl.SSLContext(ssl.PROTOCOL_DTLS_CLIENT)
    context.load_verify_locations(pki("root-ecdsa.pem"))
    return context


def server_context():
    context = ssl.SSLContext(ssl.PROTOCOL_DTLS_SERVER)
    context.load_cert_chain(pki("server-ecdsa.chain.pem"), pki("server-ecdsa.key"))
    return context


def free_port():
    return order(do="free_port")["port"]


def udp(port, to=None):
    # A socket bound to this port, connected to the other.
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(sockaddr(("127.0.0.1", port)))
    if to is not None:
        s.connect(sockaddr(("127.0.0.1", to)))
    return s


def two_sockets():
    if peers.HOST != "127.0.0.1":
        raise Skip("the sockets of the board do not reach each other")
    a, b = free_port(), free_port()
    return udp(a, b), udp(b, a)


class Wire(io.IOBase):
    # One end of two queues of datagrams; those in lost never come, by number.
    def __init__(self, incoming, outgoing, lost=()):
        self.incoming, self.outgoing = incoming, outgoing
        self.lost = lost
        self.sent = 0

    def write(self, data):
        if self.sent not in self.lost:
            self.outgoing.append(bytes(data))
        self.sent += 1
        return len(data)

    def readinto(self, buf):
        if not self.incoming:
            return None
        data = self.incoming.pop(0)[:len(buf)]
        buf[:len(data)] = data
        return len(data)

    def ioctl(self, request, arg):
        if request == 3:  # MP_STREAM_POLL
            return arg & (5 if self.incoming else 4)
        return 0 if request == 4 else -1


def two_objects(lost=((), ())):
    up, down = [], []
    return Wire(down, up, lost[0]), Wire(up, down, lost[1])


def wrap_both(pair, client=None, server=None, **named):
    client = (client or client_context()).wrap_socket(pair[0], server_hostname="localhost",
                                                      do_handshake_on_connect=False, **named)
    server = (server or server_context()).wrap_socket(pair[1], server_side=True, do_handshake_on_connect=False)
    for end in (client, server):
        end.setblocking(False)
    return client, server


def wants(function, *args):
    # True when it is done.
    try:
        function(*args)
        return True
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return False


def shake(client, server, seconds=20):
    clock = Clock()
    done = [False, False]
    while not all(done):
        for i, end in enumerate((client, server)):
            if done[i]:
                raises(OSError, end.recv, 1, errno=errno.EAGAIN)  # who is done still answers
            else:
                done[i] = wants(end.do_handshake)
        true(clock() < seconds, "the handshake takes too long")
        time.sleep_ms(1)


def connected(make=two_sockets, **named):
    client, server = wrap_both(make(), **named)
    shake(client, server)
    return client, server


def receive(ss, size=2000):
    # Datagrams take a moment even on loopback.
    for _ in range(200):
        try:
            return ss.recv(size)
        except OSError as error:
            equal(error.errno, errno.EAGAIN)
            time.sleep_ms(5)
    raise AssertionError("nothing came")


def passes(client, server):
    for a, b in ((client, server), (server, client)):
        equal(a.send(b"a message"), 9)
        equal(receive(b), b"a message")


def both(function):
    case(function.__name__ + ", UDP", function, two_sockets)
    case(function.__name__ + ", objects", function, two_objects)
    return function


# ---- the usual ----


@both
def handshake_and_data(make):
    client, server = connected(make)
    equal(client.version(), "DTLSv1.2")
    equal(server.version(), "DTLSv1.2")
    true(client.getpeercert()["subject"])
    passes(client, server)
    client.close()
    equal(receive(server), b"")
    equal(receive(server), b"")
    server.close()
    client.close()


@both
def messages_keep_their_bounds(make):
    client, server = connected(make)
    for text in (b"one", b"two" * 100, b"three"):
        equal(client.send(text), len(text))
    equal(receive(server), b"one")
    equal(receive(server, 200), (b"two" * 100)[:200])
    equal(server.pending(), 100)
    equal(receive(server, 200), (b"two" * 100)[200:])  # the rest of the same, not more
    equal(receive(server), b"three")
    client.close()
    server.close()


@both
def too_long_for_a_datagram(make):
    client, server = connected(make)
    most = client.context.mtu - (37 if "GCM" in client.cipher()[0] else 29)
    for write in (client.send, client.write, client.sendall):
        error = raises(ssl.SSLError, write, bytes(most + 1), errno=90)  # EMSGSIZE
        equal(error.reason, "DTLS_MESSAGE_TOO_BIG")
    equal(client.send(bytes(most)), most)
    equal(receive(server), bytes(most))
    passes(client, server)
    client.close()
    server.close()


@test
def protocols():
    for protocol in (ssl.PROTOCOL_DTLS_CLIENT, ssl.PROTOCOL_DTLS_SERVER, ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER):
        equal(ssl.SSLContext(protocol).protocol, protocol)


@test
def mtu():
    context = client_context()
    equal(context.mtu, 1232)
    for wrong in (0, 255, 16385, -1):
        raises(ValueError, setattr, context, "mtu", wrong)
    context.mtu = 3000
    server = server_context()
    server.mtu = 256
    client, server = connected(two_objects, client=context, server=server)
    equal(client.send(bytes(2900)), 2900)
    equal(receive(server, 4000), bytes(2900))
    raises(ValueError, setattr, client.context, "mtu", 1000, contains="in use")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    equal(tls.mtu, None)
    raises(ValueError, setattr, tls, "mtu", 1000, contains="DTLS")
    client.close()
    server.close()


@test
def a_session_is_resumed():
    context, server_side = client_context(), server_context()
    client, server = connected(client=context, server=server_side)
    session = ssl.save_session(client)
    equal(session.version, "DTLSv1.2")
    again = ssl.SSLSession(session.serialize())
    client.close()
    server.close()
    client, server = connected(client=context, server=server_side, session=again)
    true(client.session_reused and server.session_reused)
    passes(client, server)
    client.close()
    server.close()
    ss = ssl.wrap_socket(tcp(peers.tls12), saved_session=again)  # is not for TLS
    true(not ss.session_reused)
    exchange(ss)
    ss.close()


@test
def a_server_that_connects_later():
    s, other = two_sockets()
    other.close()
    a, b = free_port(), free_port()
    client = client_context().wrap_socket(udp(a, b), server_hostname="localhost", do_handshake_on_connect=False)
    server = server_context().wrap_socket(udp(b), server_side=True, do_handshake_on_connect=False)
    raises(OSError, server.recv, 1, errno=errno.ENOTCONN)
    server.connect(("127.0.0.1", a))
    client.setblocking(False)
    server.setblocking(False)
    shake(client, server)
    passes(client, server)
    client.close()
    server.close()
    s.close()


# ---- waiting ----


@test
def connect_of_a_socket_that_never_waits():
    s, other = two_sockets()
    other.close()
    s.close()
    a, b = free_port(), free_port()
    plain = udp(a)
    plain.setblocking(False)
    client = client_context().wrap_socket(plain, server_hostname="localhost")
    server = server_context().wrap_socket(udp(b, a), server_side=True, do_handshake_on_connect=False)
    server.setblocking(False)
    client.connect(("127.0.0.1", b))  # begins, and comes back
    shake(client, server)
    passes(client, server)
    client.close()
    server.close()


@test
def lost_datagrams():
    for lost in (((0,), ()), ((), (0,)), ((1, 2), (1,)), ((), (0, 1))):
        clock = Clock()
        client, server = connected(lambda: two_objects(lost))
        true(clock() > 0.9, "nothing was repeated")
        passes(client, server)
        client.close()
        server.close()


@test
def a_silent_peer():
    s, silent = two_sockets()
    clock = Clock()
    raises(ssl.SSLTimeoutError, client_context().wrap_socket, s, server_hostname="localhost", timeout=1.7,
           errno=errno.ETIMEDOUT)
    clock.between(1.6, 4)
    silent.setblocking(False)
    for _ in range(2):  # once, and again after a second
        true(silent.recv(2000))
    raises(OSError, silent.recv, 2000, errno=errno.EAGAIN)
    s.close()
    silent.close()


@test
def nobody_there():
    if peers.HOST != "127.0.0.1":
        raise Skip("no answer comes through this network")
    s, other = two_sockets()
    other.close()
    raises(OSError, client_context().wrap_socket, s, server_hostname="localhost", errno=errno.ECONNREFUSED)
    s.close()


@test
def poll_wakes_up_to_repeat():
    s, silent = two_sockets()
    client = client_context().wrap_socket(s, server_hostname="localhost", do_handshake_on_connect=False)
    client.setblocking(False)
    raises(ssl.SSLWantReadError, client.do_handshake)
    poller = select.poll()
    poller.register(client, select.POLLIN)
    silent.setblocking(False)
    true(silent.recv(2000))
    equal(poller.poll(100), [])
    clock = Clock()
    true(poller.poll(5000))
    clock.between(0.5, 3)
    raises(ssl.SSLWantReadError, client.do_handshake)
    true(silent.recv(2000))
    client.close()
    silent.close()


@both
def nothing_to_read(make):
    client, server = connected(make)
    raises(OSError, client.recv, 10, errno=errno.EAGAIN)
    equal(client.read(10), None)
    client.settimeout(0.3)
    clock = Clock()
    raises(OSError, client.recv, 10, errno=errno.ETIMEDOUT)
    clock.between(0.2, 2)
    client.setblocking(False)
    passes(client, server)
    client.close()
    server.close()


@test
def objects_do_not_wait():
    a, b = two_objects()
    client = client_context().wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    equal(client.write(b"early"), None)
    equal(client.read(10), None)
    a, b = two_objects()
    clock = Clock()  # but wrap_socket does
    raises(ssl.SSLTimeoutError, client_context().wrap_socket, a, server_hostname="localhost", timeout=0.4)
    clock.between(0.3, 2)


class Answered(Wire):
    # The server gets its turn whenever the client reads.
    def readinto(self, buf):
        wants(self.server.do_handshake)
        return super().readinto(buf)


@test
def objects_do_not_wait_after_the_handshake():
    up, down = [], []
    wire = Answered(down, up)
    wire.server = server_context().wrap_socket(Wire(up, down), server_side=True, do_handshake_on_connect=False)
    wire.server.setblocking(False)
    client = client_context().wrap_socket(wire, server_hostname="localhost")
    equal(client.version(), "DTLSv1.2")
    equal(client.read(10), None)


@test
def a_socket_that_waits_wakes_up_to_repeat():
    a, b = two_sockets()
    raises(ssl.SSLTimeoutError, client_context().wrap_socket, a, server_hostname="localhost", timeout=2.5)
    b.settimeout(0.2)
    for _ in range(2):
        equal(b.recv(2000)[13], 1)  # ClientHello
    for s in (a, b):
        s.close()


@test
def no_cookie_where_nobody_is_named():
    up, down = [], []
    client, server = wrap_both((Wire(down, up), Wire(up, down)))
    wants(client.do_handshake)
    wants(server.do_handshake)
    equal(down[0][13], 2)  # ServerHello, and no HelloVerifyRequest


@test
def a_servers_socket_says_whose_address_it_is():
    # So the first answer to a hello is HelloVerifyRequest, without client_id.
    up, down = [], []
    client = wrap_both((Wire(down, up), Wire(up, down)))[0]
    wants(client.do_handshake)
    a, b = two_sockets()
    server = server_context().wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    server.setblocking(False)
    a.send(up[0])
    a.settimeout(5)
    time.sleep(0.1)
    wants(server.do_handshake)
    equal(a.recv(2000)[13], 3)
    for s in (a, server):
        s.close()


# ---- foreigners ----

GARBAGE = (b"X", b"", bytes(100), bytes(5000), b"\x16\xfe\xfd" + bytes(8) + b"\x3f\xff" + bytes(20),
           b"\x17\xfe\xfd" + bytes(8) + b"\x00\x20" + bytes(32), b"GET / HTTP/1.0\r\n\r\n")


@test
def garbage_before_and_after():
    up, down = [], []
    client, server = wrap_both((Wire(down, up), Wire(up, down)))
    for queue in (up, down):
        queue.extend(GARBAGE)
    shake(client, server)
    for queue in (up, down):
        queue.extend(GARBAGE)
    passes(client, server)
    client.send(b"once")
    up.extend([up[-1], up[-1], up[-1][:-1], up[-1][:20]])
    equal(receive(server), b"once")
    raises(OSError, server.recv, 10, errno=errno.EAGAIN)
    passes(client, server)
    held = client.memory().now
    for _ in range(50):
        down.extend(GARBAGE)
        raises(OSError, client.recv, 10, errno=errno.EAGAIN)
    equal(client.memory().now, held)
    client.close()
    server.close()


@test
def a_message_that_waits_is_written_whole():
    up, down, full = [], [], [False]

    class Full(Wire):
        def write(self, data):
            return None if full[0] else Wire.write(self, data)
    client, server = wrap_both((Full(down, up), Wire(up, down)))
    shake(client, server)
    full[0] = True
    equal(client.write(b"abc"), 3)  # of which nothing has left yet
    equal(client.write(b"cat"), None)
    full[0] = False
    equal(client.write(b"cat"), 3)
    equal(receive(server), b"abc")
    equal(receive(server), b"cat")
    client.close()
    server.close()


@test
def cookies():
    # Three flights of the client's where it has to prove its address, else two.
    for client_id, flights in ((b"127.0.0.1:1234", 3), (b"", 2), (None, 2)):
        a, b = two_objects()
        client = client_context().wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
        server = server_context().wrap_socket(b, server_side=True, do_handshake_on_connect=False, client_id=client_id)
        shake(client, server)
        equal(a.sent, flights)
        client.close()
        server.close()


@test
def a_cookie_is_for_one_address():
    context = server_context()
    up, down = [], []
    client = client_context().wrap_socket(Wire(down, up), server_hostname="localhost", do_handshake_on_connect=False)
    true(not wants(client.do_handshake))
    servers = []
    for client_id in (b"one", b"another", b"another"):
        ss = context.wrap_socket(Wire(up, down), server_side=True, do_handshake_on_connect=False, client_id=client_id)
        true(not wants(ss.do_handshake))
        true(len(down) > 0)
        servers.append((len(down), sum([len(d) for d in down])))
        true(not wants(client.do_handshake))
    true(servers[0] == servers[1], "a cookie was taken from another address")
    true(servers[2][1] > 300, "the cookie was not taken by a server made anew")
    client.close()


@test
def a_pre_shared_key():
    client, server = ssl.SSLContext(ssl.PROTOCOL_DTLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_DTLS_SERVER)
    if not hasattr(client, "psk_key"):
        raise Skip("this build has no pre-shared keys")
    client.check_hostname = False
    client.psk_identity, client.psk_key = b"device", b"0123456789abcdef"
    for keys, fits in (({b"device": b"0123456789abcdef"}, True), ({b"device": b"another key, 16."}, False)):
        server.server_psk_keys = keys
        a, b = two_objects()
        c = client.wrap_socket(a, do_handshake_on_connect=False)
        s = server.wrap_socket(b, server_side=True, do_handshake_on_connect=False, client_id=b"x")
        if fits:
            shake(c, s)
            true("PSK" in c.cipher()[0])
            c.setblocking(False)
            s.setblocking(False)
            passes(c, s)
        else:
            raises(ssl.SSLError, shake, c, s)
        c.close()
        s.close()


# ---- what is refused ----


@test
def wrong_arguments():
    client, server = client_context(), server_context()
    a, _ = two_objects()
    raises(TypeError, client.wrap_socket, socket.socket(), server_hostname="localhost", contains="SOCK_DGRAM")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    raises(TypeError, ssl.wrap_socket, s, contains="SOCK_STREAM")
    s.close()
    raises(TypeError, server.wrap_socket, a, server_side=True, client_id=1)
    raises(TypeError, server.wrap_socket, a, server_side=True, client_id="text")
    raises(ValueError, client.wrap_socket, a, server_hostname="localhost", client_id=b"x", contains="server")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    raises(ValueError, tls.wrap_socket, a, server_side=True, client_id=b"x", contains="DTLS")
    raises(ValueError, client.wrap_socket, a, server_hostname="localhost", early_data=b"x", contains="TLS 1.3")
    raises(ValueError, client.wrap_bio, ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost", contains="wrap_socket")
    raises(ValueError, setattr, client, "minimum_version", ssl.TLSVersion.TLSv1_3, contains="1.2")
    client.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
    equal(client.maximum_version, ssl.TLSVersion.TLSv1_2)
    raises(ValueError, ssl.SSLContext, 4)
    if hasattr(server, "sni_callback"):
        raises(ValueError, setattr, server, "sni_callback", print, contains="TLS")
    raises(ValueError, client.wrap_socket, a, contains="server_hostname")


@test
def a_server_without_a_certificate():
    a, b = two_objects()
    client = client_context().wrap_socket(a, server_hostname="localhost", do_handshake_on_connect=False)
    server = ssl.SSLContext(ssl.PROTOCOL_DTLS_SERVER).wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    equal(server.read(10), None)  # nobody came yet
    true(not wants(client.do_handshake))
    raises(ValueError, server.read, 10, contains="certificate")
    client.close()
    server.close()


@test
def a_wrong_name():
    a, b = two_objects()
    client = client_context().wrap_socket(a, server_hostname="example.com", do_handshake_on_connect=False)
    server = server_context().wrap_socket(b, server_side=True, do_handshake_on_connect=False)
    error = raises(OSError, shake, client, server)
    true(isinstance(error, ssl.SSLCertVerificationError))
    raises(ssl.SSLError, server.do_handshake, contains="alert")
    client.close()
    server.close()


run()
