# settimeout and setblocking, before and after wrapping, on either object;
# and a timeout never spoils the connection.
# peers: tls12 tls13 silent
# timeout: 120
import errno
from harness import *

import ssl


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


def waits(ss, function, low=0.25, high=2):
    # The call ends with a timeout of 0.3 s.
    clock = Clock()
    raises(OSError, function, errno=errno.ETIMEDOUT)
    clock.between(low, high)


def plain_before_wrap(s):
    s.settimeout(0.3)
    return ssl.wrap_socket(s)


def plain_after_wrap(s):
    ss = ssl.wrap_socket(s)
    s.settimeout(0.3)
    return ss


def wrapper(s):
    ss = ssl.wrap_socket(s)
    ss.settimeout(0.3)
    return ss


def wrapper_before_connect(address):
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    ss.settimeout(0.3)
    ss.connect(address)
    return ss


def plain_before_wrap_and_connect(address):
    s = socket.socket()
    s.settimeout(0.3)
    ss = ssl.wrap_socket(s)
    ss.connect(address)
    return ss


def applies(peer, make, connected):
    address = getattr(peers, peer)
    ss = make(tcp(address) if connected else address)
    exchange(ss)
    waits(ss, lambda: ss.recv(1))
    exchange(ss)
    ss.close()


for _peer in ("tls12", "tls13"):
    for _make in (plain_before_wrap, plain_after_wrap, wrapper):
        case("settimeout: %s, %s" % (_make.__name__, _peer), applies, _peer, _make, True)
    for _make in (wrapper_before_connect, plain_before_wrap_and_connect):
        case("settimeout: %s, %s" % (_make.__name__, _peer), applies, _peer, _make, False)


def blocking_on(peer, first, on_plain):
    # setblocking(False) before or after wrapping, on the plain socket or the wrapper.
    s = tcp(getattr(peers, peer))
    if first:
        s.setblocking(False)
        ss = ssl.wrap_socket(s, do_handshake=False)
        ss.setblocking(True)
        exchange(ss)
        (s if on_plain else ss).setblocking(False)
    else:
        ss = ssl.wrap_socket(s)
        exchange(ss)
        (s if on_plain else ss).setblocking(False)
    raises(OSError, ss.recv, 1, errno=errno.EAGAIN)
    (s if on_plain else ss).setblocking(True)
    exchange(ss)
    ss.close()


for _peer in ("tls12", "tls13"):
    for _first in (False, True):
        for _plain in (False, True):
            case("setblocking %s wrapping, on the %s, %s" % (
                "before and after" if _first else "after", "plain socket" if _plain else "wrapper", _peer),
                blocking_on, _peer, _first, _plain)


@both
def every_reading_call(peer):
    ss = wrapper(tcp(getattr(peers, peer)))
    exchange(ss)
    buf = bytearray(4)
    for function in (lambda: ss.recv(1), lambda: ss.recv_into(buf), lambda: ss.read(1), lambda: ss.read(),
                     lambda: ss.readinto(buf), ss.readline):
        waits(ss, function)
    exchange(ss)
    ss.close()


@both
def read_keeps_what_it_has(peer):
    ss = wrapper(tcp(getattr(peers, peer)))
    ss.write(b"send 3\nafter 700 send 7\n")
    waits(ss, lambda: ss.read(10), 0.2)
    ss.settimeout(5)
    equal(ss.read(10), pattern(3) + pattern(7))
    exchange(ss)
    ss.close()


@both
def read_all_keeps_what_it_has(peer):
    ss = wrapper(tcp(getattr(peers, peer)))
    ss.write(b"send 5000\nafter 700 send 7\nbye\n")
    waits(ss, ss.read, 0.2)
    ss.settimeout(5)
    equal(ss.read(), pattern(5000) + pattern(7))
    ss.close()


@both
def readinto_keeps_what_it_has(peer):
    ss = wrapper(tcp(getattr(peers, peer)))
    ss.write(b"send 3\nafter 700 send 7\n")
    waits(ss, lambda: ss.readinto(bytearray(10)), 0.2)
    ss.settimeout(5)
    buf = bytearray(10)
    equal(ss.readinto(buf), 10)
    equal(bytes(buf), pattern(3) + pattern(7))
    ss.close()


@both
def readline_keeps_what_it_has(peer):
    ss = wrapper(tcp(getattr(peers, peer)))
    ss.write(b"send 3\nafter 700 say xyz\n")
    waits(ss, ss.readline, 0.2)
    ss.settimeout(5)
    equal(ss.readline(), pattern(3) + b"xyz\n")
    ss.close()


@both
def kept_data_is_seen_by_every_call(peer):
    for function in (lambda ss: ss.recv(10), lambda ss: ss.read(3), lambda ss: ss.recv(3)):
        ss = wrapper(tcp(getattr(peers, peer)))
        ss.write(b"send 3\n")
        waits(ss, lambda: ss.read(10), 0.2)
        equal(function(ss), pattern(3))
        ss.close()


@both
def many_timeouts(peer):
    ss = wrapper(tcp(getattr(peers, peer)))
    exchange(ss)
    ss.settimeout(0.02)
    for _ in range(20):
        raises(OSError, ss.recv, 1, errno=errno.ETIMEDOUT)
    ss.settimeout(5)
    exchange(ss, pattern(40000))
    ss.close()


@both
def timeout_in_the_middle_of_a_record(peer):
    # The record arrives in two halves: the first must not be lost.
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    ss.settimeout(0.05)
    ss.write(b"send 2000000\n")
    time.sleep(0.3)
    got, wanted = 0, pattern(251 * 20)
    while got < 2000000:
        try:
            part = ss.recv(4000)
        except OSError as error:
            equal(error.errno, errno.ETIMEDOUT)
            continue
        start = got % 251
        true(part and part == wanted[start:start + len(part)], "wrong data at %d" % got)
        got += len(part)
    ss.settimeout(5)
    exchange(ss)
    ss.close()


def writes_time_out(peer, method):
    # The peer does not read for a while; afterwards every record is still whole.
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    ss.settimeout(0.3)
    ss.write(b"after 3000 say awake\n")
    chunk = b"say x\n" * 5000
    clock = Clock()
    while True:
        last = Clock()
        try:
            if method == "write" and ss.write(chunk) != len(chunk):
                break  # a part was taken before the time was over
            elif method != "write":
                getattr(ss, method)(chunk)
        except OSError as error:
            equal(error.errno, errno.ETIMEDOUT)
            break
        true(clock() < 2.5, "everything was taken")
    last.between(0.2, 2)
    ss.settimeout(10)
    equal(ss.readline(), b"awake\n")
    for _ in range(100):
        equal(ss.readline(), b"x\n")
    ss.close()


for _peer in ("tls12", "tls13"):
    for _method in ("send", "sendall", "write"):
        case("%s times out, %s" % (_method, _peer), writes_time_out, _peer, _method)


@both
def timeout_and_back(peer):
    ss = wrapper(tcp(getattr(peers, peer)))
    exchange(ss)
    waits(ss, lambda: ss.recv(1))
    ss.setblocking(False)
    raises(OSError, ss.recv, 1, errno=errno.EAGAIN)
    ss.settimeout(0.3)
    waits(ss, lambda: ss.recv(1))
    ss.settimeout(None)
    ss.write(b"after 600 say late\n")
    equal(ss.readline(), b"late\n")
    ss.close()


@both
def timeout_bounds_the_whole_read(peer):
    # A byte now and then does not keep one call alive for ever.
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    ss.settimeout(1)
    ss.write(b"slow 40 100\n")
    clock = Clock()
    try:
        ss.read(40)
    except OSError as error:
        equal(error.errno, errno.ETIMEDOUT)
    true(clock() < 10, "took %.1f s" % clock())
    ss.close()


@both
def very_long_timeout(peer):
    # Its milliseconds need more than 32 bits.
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    for seconds in (4294968, 1 << 40):
        ss.settimeout(seconds)
        ss.write(b"after 1500 say late\n")
        equal(ss.readline(), b"late\n")
    ss.close()


@both
def unwrap_from_a_peer_that_goes_on(peer):
    # It never says goodbye, but sends and sends.
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    ss.write(b"flood\n")
    ss.settimeout(1)
    clock = Clock()
    raises(OSError, ss.unwrap, errno=errno.ETIMEDOUT)
    clock.between(0.9, 10)
    ss.close()


@test
def socket_timeout_is_not_the_handshakes():
    # The handshake has its own deadline, shorter or longer.
    for own, handshake in ((0.3, 1), (30, 1)):
        s = tcp(peers.silent)
        s.settimeout(own)
        clock = Clock()
        raises(ssl.SSLTimeoutError, ssl.wrap_socket, s, timeout=handshake, errno=errno.ETIMEDOUT)
        clock.between(0.9, 3)
        s.close()


run()
