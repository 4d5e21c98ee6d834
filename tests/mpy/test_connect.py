# Wrapping before and after connect, and what is known of a connection.
# peers: tls tls12 tls13 refused full plain garbage hangup cut torn alert
# peers: old=alert,code=70
from harness import *
import errno
import select

import ssl


class Own(socket.socket):
    # A user's own kind of socket is a socket, not just any stream.
    pass


@test
def subclass_of_socket():
    s = Own()
    s.connect(sockaddr(peers.tls13))
    ss = ssl.wrap_socket(s, timeout=3)
    exchange(ss)
    if hasattr(s, "fileno"):
        equal(ss.fileno(), s.fileno())
    ss.close()
    ss = ssl.wrap_socket(Own(), timeout=3)
    ss.connect(peers.tls12)
    exchange(ss)
    ss.close()


@test
def wrapped_before_connect():
    # As on the page: getaddrinfo's address, wrapped first.
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    equal(ss.version(), None)
    equal(ss.cipher(), None)
    ss.connect(socket.getaddrinfo(peers.tls[0], peers.tls[1])[0][-1])
    exchange(ss)
    ss.close()


@test
def wrapped_after_connect():
    ss = ssl.wrap_socket(tcp(peers.tls))
    equal(ss.version(), "TLSv1.3")
    exchange(ss)
    ss.close()


@test
def connect_takes_a_tuple():
    if not peers.NAME:
        raise Skip("the computer with the peers has no name here")
    ss = ssl.wrap_socket(socket.socket())
    ss.connect((peers.NAME, peers.tls[1]))
    exchange(ss)
    ss.close()


@test
def connect_wrong_addresses():
    ss = ssl.wrap_socket(socket.socket())
    for wrong in (None, 5, ("127.0.0.1",), ("127.0.0.1", "x" * 40, 3, 4, 5, 6), (1, 2), b"", b"x", "x"):
        raises((TypeError, ValueError, OSError), ss.connect, wrong)
    ss.connect(peers.tls)
    exchange(ss)
    ss.close()


@test
def no_handshake_before_connect():
    forget()
    ss = ssl.wrap_socket(socket.socket())
    for attempt in (ss.do_handshake, lambda: ss.recv(1), lambda: ss.send(b"x"), lambda: ss.sendall(b"x")):
        raises(OSError, attempt)
    ss.connect(peers.tls)
    exchange(ss)
    ss.close()


def versions(peer, version, **named):
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)), **named)
    equal(ss.version(), version)
    seen = told(ss)
    equal(seen["version"], version)
    name, protocol, bits = ss.cipher()
    true("AES" in name or "CHACHA" in name, name)
    equal(protocol, version)
    true(bits in (128, 256), "%r bits" % bits)
    ss.close()


case("TLS 1.2 with a TLS 1.2 peer", versions, "tls12", "TLSv1.2")
case("TLS 1.3 with a TLS 1.3 peer", versions, "tls13", "TLSv1.3")
case("TLS 1.3 with a peer of both", versions, "tls", "TLSv1.3")


@test
def pinned_versions():
    for value in (ssl.PROTOCOL_TLSv1_2, ssl.TLSVersion.TLSv1_2, 0x0303):
        versions("tls", "TLSv1.2", ssl_version=value)
    for value in (ssl.PROTOCOL_TLSv1_3, ssl.TLSVersion.TLSv1_3, 0x0304):
        versions("tls", "TLSv1.3", ssl_version=value)


@test
def no_version_in_common():
    for peer, version in (("tls12", 0x0304), ("tls13", 0x0303)):
        error = raises(ssl.SSLError, ssl.wrap_socket, tcp(getattr(peers, peer)), ssl_version=version)
        true("version" in words(error).lower(), words(error))


@test
def the_handshake_can_wait():
    ss = ssl.wrap_socket(tcp(peers.tls), do_handshake=False)
    equal(ss.version(), None)
    equal(ss.do_handshake(), None)
    equal(ss.version(), "TLSv1.3")
    equal(ss.do_handshake(), None)
    exchange(ss)
    ss.close()


@test
def first_io_shakes_hands():
    ss = ssl.wrap_socket(tcp(peers.tls), do_handshake=False)
    exchange(ss)
    ss.close()
    ss = ssl.wrap_socket(tcp(peers.tls), do_handshake=False)
    ss.sendall(b"say hello\n")
    equal(ss.recv(6), b"hello\n")
    ss.close()


@test
def starttls():
    # Plain first, then TLS on the same connection.
    s = socket.socket()
    ss = ssl.wrap_socket(s, do_handshake=False)
    ss.connect(peers.tls)
    ss.do_handshake()
    exchange(ss)
    ss.close()


@test
def connect_without_handshake():
    ss = ssl.wrap_socket(socket.socket(), do_handshake=False)
    ss.connect(peers.tls)
    equal(ss.version(), None)
    exchange(ss)
    ss.close()


@test
def refused():
    ss = ssl.wrap_socket(socket.socket())
    raises(OSError, ss.connect, peers.refused, errno=refusal())
    ss.close()


@test
def refused_then_again_with_the_same_socket():
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    raises(OSError, ss.connect, peers.refused)
    ss.close()
    ss = ssl.wrap_socket(s)
    ss.connect(peers.tls)
    exchange(ss)
    ss.close()


@test
def tcp_connect_is_bounded_by_the_sockets_timeout():
    for on_wrapper in (False, True):
        s = socket.socket()
        ss = ssl.wrap_socket(s, timeout=30)
        (ss if on_wrapper else s).settimeout(0.5)
        clock = Clock()
        raises(OSError, ss.connect, peers.full, errno=errno.ETIMEDOUT)
        clock.between(0.4, 3)
        ss.close()


def in_progress(s, connect):
    try:
        connect()
    except OSError as error:
        equal(error.errno, errno.EINPROGRESS)
    poller = select.poll()
    poller.register(s, select.POLLOUT)
    true(poller.poll(5000), "never writable")


def shake(ss, seconds=10):
    # Non-blocking handshake, led by poll.
    poller = select.poll()
    clock = Clock()
    while clock() < seconds:
        try:
            return ss.do_handshake()
        except ssl.SSLWantReadError:
            poller.register(ss, select.POLLIN)
        except ssl.SSLWantWriteError:
            poller.register(ss, select.POLLOUT)
        poller.poll(1000)
    raise AssertionError("no end of the handshake")


@test
def connect_in_progress_then_wrap():
    s = socket.socket()
    s.setblocking(False)
    address = sockaddr(peers.tls)
    try:
        s.connect(address)
    except OSError as error:
        equal(error.errno, errno.EINPROGRESS)
    ss = ssl.wrap_socket(s, do_handshake=False)
    shake(ss)
    ss.setblocking(True)
    exchange(ss)
    ss.close()


@test
def connect_without_blocking():
    ss = ssl.wrap_socket(socket.socket())
    ss.setblocking(False)
    in_progress(ss, lambda: ss.connect(peers.tls))
    shake(ss)
    ss.setblocking(True)
    exchange(ss)
    ss.close()


@test
def connect_in_progress_at_a_closed_port():
    ss = ssl.wrap_socket(socket.socket())
    ss.setblocking(False)
    try:
        ss.connect(peers.refused)
    except OSError as error:
        if error.errno == errno.EINPROGRESS:
            raises(OSError, shake, ss)
    ss.close()


@test
def connected_twice():
    ss = ssl.wrap_socket(socket.socket())
    ss.connect(peers.tls)
    raises(OSError, ss.connect, peers.tls)
    exchange(ss)
    ss.close()


def fails(peer, kind, contains=()):
    # The same end for a handshake in connect and one in wrap_socket.
    ss = ssl.wrap_socket(socket.socket())
    first = raises(kind, ss.connect, getattr(peers, peer), contains=contains)
    ss.close()
    s = tcp(getattr(peers, peer))
    raises(kind, ssl.wrap_socket, s, contains=contains)
    s.close()
    return first


@test
def peer_speaks_http():
    fails("garbage", ssl.SSLError, "TLS")


@test
def peer_closes_at_once():
    error = fails("hangup", OSError)
    true(isinstance(error, ssl.SSLEOFError) or error.errno == errno.ECONNRESET, repr(error))


@test
def peer_closes_half_way():
    fails("cut", ssl.SSLEOFError)


@test
def peer_resets_half_way():
    error = fails("torn", OSError)
    if peers.BOARD and isinstance(error, ssl.SSLEOFError):
        raise Skip("the emulator's network handed the reset on as an end")
    equal(error.errno, errno.ECONNRESET)


@test
def peer_sends_an_alert():
    fails("alert", ssl.SSLError, ("alert", "handshake"))
    fails("old", ssl.SSLError, ("alert", "protocol", "version"))


@test
def ipv6():
    if not hasattr(socket, "AF_INET6"):
        raise Skip("no IPv6")
    server = socket.socket(socket.AF_INET6)
    try:
        server.bind(socket.getaddrinfo("::1", 0, socket.AF_INET6)[0][-1])
    except OSError:
        raise Skip("no IPv6 loopback")
    server.listen(1)
    server.close()
    ss = ssl.wrap_socket(socket.socket(socket.AF_INET6))
    raises(OSError, ss.connect, ("::1", 1), errno=errno.ECONNREFUSED)
    ss.close()


run()
