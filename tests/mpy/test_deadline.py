# The handshake's timeout is a total deadline, wherever the handshake runs and
# whatever the peer does: nothing, a byte a second, or half of a message.
# peers: silent trickle halfway tls13 late=tls13,delay=1.5
# timeout: 150
import errno
import select
from serving import *

import ssl

LOW, HIGH = 0.9, 2.5


def expires(function, low=LOW, high=HIGH):
    clock = Clock()
    error = raises(ssl.SSLTimeoutError, function, errno=errno.ETIMEDOUT)
    clock.between(low, high)
    equal(error.args[0], ssl.SSL_TIMEOUT)
    true(isinstance(error, ssl.SSLError) and isinstance(error, OSError), "class")
    return error


def in_wrap_socket(address):
    s = tcp(address)
    expires(lambda: ssl.wrap_socket(s, timeout=1))
    s.close()


def in_connect(address):
    ss = ssl.wrap_socket(socket.socket(), timeout=1)
    expires(lambda: ss.connect(address))
    ss.close()


def in_do_handshake(address):
    ss = ssl.wrap_socket(tcp(address), timeout=1, do_handshake=False)
    expires(ss.do_handshake)
    ss.close()


def in_first_read(address):
    ss = ssl.wrap_socket(tcp(address), timeout=1, do_handshake=False)
    expires(lambda: ss.recv(1))
    ss.close()


def in_first_write(address):
    ss = ssl.wrap_socket(tcp(address), timeout=1, do_handshake=False)
    expires(lambda: ss.write(b"x"))
    ss.close()


def in_first_sendall(address):
    ss = ssl.wrap_socket(tcp(address), timeout=1, do_handshake=False)
    expires(lambda: ss.sendall(b"x"))
    ss.close()


for _peer in ("silent", "trickle", "halfway"):
    for _where in (in_wrap_socket, in_connect, in_do_handshake, in_first_read, in_first_write, in_first_sendall):
        case("client: %s, %s" % (_where.__name__, _peer), _where, getattr(peers, _peer))


# ---- the same for a server: what connects is the bad client ----


def server_wrap(kind):
    s = incoming(kind=kind)
    expires(lambda: ssl.wrap_socket(s, timeout=1, **IDENTITY))
    s.close()


def server_do_handshake(kind):
    ss = ssl.wrap_socket(incoming(kind=kind), timeout=1, do_handshake=False, **IDENTITY)
    expires(ss.do_handshake)
    ss.close()


def server_first_io(kind):
    ss = ssl.wrap_socket(incoming(kind=kind), timeout=1, do_handshake=False, **IDENTITY)
    expires(lambda: ss.read(1))
    ss.close()


def server_accept(kind):
    ss, address = listener(timeout=1)
    call(address, kind=kind)
    expires(ss.accept)
    ss.close()


for _kind in ("silent", "trickle", "halfway"):
    for _where in (server_wrap, server_accept, server_do_handshake, server_first_io):
        case("server: %s, %s" % (_where.__name__, _kind), _where, _kind)


# ---- the argument ----


@test
def fractions_of_a_second():
    s = tcp(peers.silent)
    expires(lambda: ssl.wrap_socket(s, timeout=0.3), 0.25, 1.5)
    s.close()


@test
def default_is_ten_seconds():
    s = tcp(peers.silent)
    expires(lambda: ssl.wrap_socket(s), 9.5, 13)
    s.close()


@test
def none_waits():
    ss = ssl.wrap_socket(tcp(peers.late), timeout=None)
    exchange(ss)
    ss.close()


@test
def long_enough():
    clock = Clock()
    ss = ssl.wrap_socket(tcp(peers.late), timeout=5)
    clock.between(1, 4.5)
    exchange(ss)
    ss.close()


@test
def not_for_what_comes_after_the_handshake():
    ss = ssl.wrap_socket(tcp(peers.tls13), timeout=1)
    ss.write(b"after 1500 say late\n")
    equal(ss.readline(), b"late\n")
    ss.close()


@test
def time_before_the_handshake_does_not_count():
    ss = ssl.wrap_socket(tcp(peers.tls13), timeout=1, do_handshake=False)
    time.sleep(1.3)
    ss.do_handshake()
    exchange(ss)
    ss.close()
    ss = ssl.wrap_socket(socket.socket(), timeout=1)
    time.sleep(1.3)
    ss.connect(peers.tls13)
    exchange(ss)
    ss.close()


@test
def non_blocking_too():
    # Steps that would block do not stretch the deadline.
    ss = ssl.wrap_socket(tcp(peers.trickle), timeout=1, do_handshake=False)
    ss.setblocking(False)
    poller = select.poll()
    poller.register(ss, select.POLLIN)
    clock = Clock()
    while True:
        try:
            ss.do_handshake()
            raise AssertionError("done?")
        except ssl.SSLWantReadError:
            poller.poll(200)
        except ssl.SSLTimeoutError as error:
            equal(error.errno, errno.ETIMEDOUT)
            break
        true(clock() < 5, "no deadline")
    clock.between(LOW, HIGH)
    ss.close()


@test
def expired_is_final():
    ss = ssl.wrap_socket(tcp(peers.silent), timeout=0.2, do_handshake=False)
    first = raises(ssl.SSLTimeoutError, ss.do_handshake)
    clock = Clock()
    for again in (ss.do_handshake, lambda: ss.recv(1), lambda: ss.write(b"x")):
        equal(raises(ssl.SSLTimeoutError, again).args, first.args)
    true(clock() < 0.5, "waited again")
    ss.close()


@test
def message_says_how_long():
    s = tcp(peers.silent)
    error = raises(ssl.SSLTimeoutError, ssl.wrap_socket, s, timeout=0.2)
    true("timed out" in words(error).lower() or "timeout" in words(error).lower(), words(error))
    s.close()


run()
