# One plain socket, several wrappers: it belongs to the newest.
# peers: tls12 tls13 plain refused silent
import errno
from harness import *

import ssl


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


@both
def closed_then_wrapped_again(peer):
    # The page's third example, without the session.
    s = socket.socket()
    for _ in range(4):
        ss = ssl.wrap_socket(s)
        ss.connect(sockaddr(getattr(peers, peer)))
        exchange(ss)
        ss.close()


@both
def with_the_session(peer):
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    ss.connect(sockaddr(getattr(peers, peer)))
    ses = ssl.save_session(ss)
    ss.close()
    for _ in range(3):
        ss = ssl.wrap_socket(s, saved_session=ses)
        ss.connect(sockaddr(getattr(peers, peer)))
        equal(ss.session_reused, True)
        equal(told(ss)["reused"], True)
        ss.close()


@both
def wrapped_when_connected_then_again(peer):
    s = tcp(getattr(peers, peer))
    ss = ssl.wrap_socket(s)
    exchange(ss)
    ss.close()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    exchange(ss)
    ss.close()


@both
def the_older_one_closes_nothing(peer):
    s = socket.socket()
    old = ssl.wrap_socket(s)
    old.connect(getattr(peers, peer))
    old.close()
    new = ssl.wrap_socket(s)
    new.connect(getattr(peers, peer))
    old.close()
    exchange(new)
    old = None
    gc.collect()
    exchange(new)
    new.close()


@both
def the_older_one_was_never_closed(peer):
    s = socket.socket()
    old = ssl.wrap_socket(s)
    new = ssl.wrap_socket(s)
    new.connect(getattr(peers, peer))
    old.close()
    exchange(new)
    raises(OSError, old.recv, 1, errno=errno.EBADF)
    old = None
    gc.collect()
    exchange(new)
    new.close()


@both
def finaliser_of_the_older_one(peer):
    s = socket.socket()

    def wrap_and_forget():
        ssl.wrap_socket(s)

    for _ in range(10):
        wrap_and_forget()
    new = ssl.wrap_socket(s)
    new.connect(getattr(peers, peer))
    gc.collect()
    gc.collect()
    exchange(new)
    new.close()


@both
def after_a_failed_connect(peer):
    s = socket.socket()
    ss = ssl.wrap_socket(s, timeout=0.3)
    raises(OSError, ss.connect, peers.silent)
    ss.close()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    exchange(ss)
    ss.close()


@both
def after_a_failed_wrap(peer):
    s = socket.socket()
    for _ in range(3):
        raises(ValueError, ssl.wrap_socket, s, cert_reqs=7)
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    exchange(ss)
    ss.close()


@both
def other_settings_the_second_time(peer):
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    ss.close()
    ss = ssl.wrap_socket(s, cert_reqs=2, ca_certs=pki("other-root.pem"))
    raises(ssl.SSLCertVerificationError, ss.connect, getattr(peers, peer))
    ss.close()
    ss = ssl.wrap_socket(s, cert_reqs=2, ca_certs=pki("root-ecdsa.pem"), server_hostname="localhost")
    ss.connect(getattr(peers, peer))
    exchange(ss)
    ss.close()


@both
def timeout_of_the_reopened_socket(peer):
    # A fresh socket blocks, whatever the old connection was set to; setting works again.
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    ss.close()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    exchange(ss)
    ss.settimeout(0.2)
    raises(OSError, ss.recv, 1, errno=errno.ETIMEDOUT)
    exchange(ss)
    ss.close()


@both
def nobody_elses_descriptor(peer):
    # Between close and connect another socket takes the old number.
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    ss.close()
    other = tcp(peers.plain)
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    exchange(ss)
    other.write(b"abc")
    equal(other.read(3), b"abc")
    ss.close()
    other.write(b"abc")
    equal(other.read(3), b"abc")
    other.close()


def closed_by_its_user(peer, end):
    # The plain socket is closed under the wrapper, and another connection gets its number:
    # that one hears nothing of TLS and stays open.
    forget()
    s = tcp(getattr(peers, peer))
    number = hasattr(s, "fileno") and s.fileno()
    ss = ssl.wrap_socket(s)
    exchange(ss)
    s.close()
    other = tcp(peers.plain)
    if hasattr(s, "fileno"):
        equal(other.fileno(), number)
    for attempt in (lambda: ss.send(b"x"), lambda: ss.recv(1)):
        raises(OSError, attempt, errno=errno.EBADF)
    end(ss)
    raises(OSError, ss.recv, 1, errno=errno.EBADF)
    other.write(b"abc")
    equal(other.read(3), b"abc")
    other.close()
    equal(report("plain")["bytes"], 3)


for _peer in ("tls12", "tls13"):
    case("closed by its user, then by us, " + _peer, closed_by_its_user, _peer, lambda ss: ss.close())
    case("closed by its user, then collected, " + _peer, closed_by_its_user, _peer, lambda ss: ss.__del__())


@both
def closed_without_ever_connecting(peer):
    s = socket.socket()
    ssl.wrap_socket(s).close()
    other = tcp(peers.plain)
    ss = ssl.wrap_socket(s)
    ss.close()
    other.write(b"abc")
    equal(other.read(3), b"abc")
    other.close()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    exchange(ss)
    ss.close()


@both
def plain_closed_by_hand_then_wrapped(peer):
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    ss.close()
    s.close()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    exchange(ss)
    ss.close()


@both
def not_connected_again_yet(peer):
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    ss.close()
    ss = ssl.wrap_socket(s)
    for attempt in (lambda: ss.recv(1), lambda: ss.send(b"x"), ss.do_handshake):
        raises(OSError, attempt)
    ss.connect(getattr(peers, peer))
    exchange(ss)
    ss.close()


run()
