# close: seen by the peer, idempotent, final; and the finaliser does the same work.
# peers: tls12 tls13 silent plain
# timeout: 90
import errno
import os
from harness import *

import ssl

IDENTITY = {"certfile": pki("server-ecdsa.chain.pem"), "keyfile": pki("server-ecdsa.key")}


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


def descriptors():
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        raise Skip("no /proc here")


@both
def close_notify_is_sent(peer):
    for unread in (False, True):
        forget()
        ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
        exchange(ss)
        if unread:
            ss.write(b"send 5000\n")
            time.sleep(0.2)
        ss.close()
        equal(report(peer)["end"], "close_notify")


CALLS = (
    ("recv", (1,)), ("recv_into", (bytearray(1),)), ("read", (1,)), ("read", ()), ("readinto", (bytearray(1),)),
    ("readline", ()), ("send", (b"x",)), ("sendall", (b"x",)), ("write", (b"x",)), ("send", (b"",)),
    ("connect", (("127.0.0.1", 1),)), ("bind", (("127.0.0.1", 0),)), ("listen", (1,)), ("accept", ()),
    ("settimeout", (1,)), ("settimeout", (None,)), ("setblocking", (True,)), ("setblocking", (False,)),
    ("setsockopt", (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)), ("makefile", ("rb",)), ("fileno", ()),
    ("do_handshake", ()), ("flush", ()), ("unwrap", ()), ("shutdown", (2,)), ("pending", ()), ("version", ()), ("cipher", ()),
    ("getpeercert", ()), ("getpeercert", (True,)), ("selected_alpn_protocol", ()), ("get_channel_binding", ()),
)


def everything_raises(ss):
    wrong = []
    for name, args in CALLS:
        try:
            wrong.append("%s gave %r" % (name, getattr(ss, name)(*args)))
        except OSError as error:
            if error.errno != errno.EBADF:
                wrong.append("%s raised %r" % (name, error))
        except Exception as error:
            wrong.append("%s raised %r" % (name, error))
    true(not wrong, "; ".join(wrong))
    for name in ("session", "session_reused", "peer_cert_sha256", "early_data_accepted"):
        equal(getattr(ss, name), None)
    for name in ("context", "server_hostname", "server_side"):
        getattr(ss, name)


@both
def every_call_afterwards(peer):
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    exchange(ss)
    ss.close()
    everything_raises(ss)
    ss.close()


@test
def every_call_after_closing_an_unconnected_one():
    ss = ssl.wrap_socket(socket.socket())
    ss.close()
    everything_raises(ss)


@test
def every_call_after_a_failed_handshake_and_close():
    ss = ssl.wrap_socket(tcp(peers.silent), do_handshake=False, timeout=0.2)
    raises(OSError, ss.do_handshake)
    ss.close()
    everything_raises(ss)


@test
def every_call_after_closing_a_listener():
    ss = ssl.wrap_socket(socket.socket(), server_side=True, **IDENTITY)
    ss.bind((peers.HERE, 0))
    ss.listen(1)
    ss.close()
    everything_raises(ss)


@both
def close_twice(peer):
    s = tcp(getattr(peers, peer))
    ss = ssl.wrap_socket(s)
    for _ in range(3):
        equal(ss.close(), None)
        equal(s.close(), None)
    ss.close()


@both
def closing_twice_closes_nobody_elses(peer):
    # The number is free again after close, and the next socket gets it.
    s = tcp(getattr(peers, peer))
    ss = ssl.wrap_socket(s)
    ss.close()
    other = tcp(peers.plain)
    ss.close()
    ss = None
    gc.collect()
    other.write(b"abc")
    equal(other.read(3), b"abc")
    other.close()


@both
def plain_one_closed_first(peer):
    s = tcp(getattr(peers, peer))
    ss = ssl.wrap_socket(s)
    exchange(ss)
    s.close()
    try:
        ss.send(b"x")
    except OSError:
        pass
    ss.close()
    raises(OSError, ss.recv, 1, errno=errno.EBADF)


@both
def close_before_the_handshake(peer):
    forget()
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)), do_handshake=False)
    ss.close()
    true("eof" in report(peer)["end"].lower() or "closed" in report(peer)["end"], "not noticed")


@both
def close_in_the_middle_of_the_handshake(peer):
    ss = ssl.wrap_socket(tcp(peers.silent), do_handshake=False)
    ss.setblocking(False)
    raises(ssl.SSLWantReadError, ss.do_handshake)
    clock = Clock()
    ss.close()
    clock.between(0, 2)


@both
def close_never_hangs(peer):
    # The peer reads nothing and the pipe is full: close_notify cannot go out.
    for blocking in (False, True):
        ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
        ss.write(b"after 30000 say late\n")
        ss.setblocking(False)
        while ss.write(bytes(50000)) is not None:
            pass
        ss.setblocking(blocking)
        clock = Clock()
        ss.close()
        true(clock() < 15, "close took %.1f s" % clock())


@both
def close_when_the_peer_is_gone(peer):
    for end in (b"reset\n", b"drop\n", b"bye\n"):
        ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
        ss.write(end)
        time.sleep(0.1)
        ss.close()
        raises(OSError, ss.recv, 1, errno=errno.EBADF)


@both
def dropped_without_close(peer):
    before = descriptors()

    def drop():
        ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
        exchange(ss)

    for _ in range(30):
        drop()
        gc.collect()
    # The collector is conservative: a few may still look alive.
    left = descriptors() - before
    true(left < 10, "%d descriptors are left" % left)


@test
def finaliser_called_by_hand():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ss = ssl.wrap_socket(tcp(peers.tls13))
    exchange(ss)
    for _ in range(2):
        context.__del__()
        ss.__del__()
    everything_raises(ss)
    for attempt in (lambda: context.verify_mode, lambda: context.load_verify_locations(pki("root-ecdsa.pem")),
                    lambda: context.wrap_socket(socket.socket(), server_hostname="localhost")):
        raises(ValueError, attempt, contains="gone")


@both
def dropped_before_connect(peer):
    before = descriptors()
    for _ in range(30):
        ssl.wrap_socket(socket.socket())
        gc.collect()
    left = descriptors() - before
    true(left < 10, "%d descriptors are left" % left)


@both
def dropped_is_noticed_by_the_peer(peer):
    # The collector is conservative: one of several is enough.
    forget()

    def drop(depth):
        if depth:
            return drop(depth - 1)
        exchange(ssl.wrap_socket(tcp(getattr(peers, peer))))

    for depth in range(5, 15):
        drop(depth)
    for _ in range(5):
        drop_something = [[] for _ in range(50)]
        gc.collect()
    drop_something = None
    gc.collect()
    end = report(peer)["end"]
    true(end in ("eof", "close_notify", "reset"), end)


@test
def failed_wraps_leave_no_descriptors():
    before = descriptors()
    for _ in range(20):
        s = tcp(peers.plain)
        raises(OSError, ssl.wrap_socket, s, cert_reqs=2, ca_certs=pki("garbage.bin"))
        s.close()
        s = tcp(peers.silent)
        raises(OSError, ssl.wrap_socket, s, timeout=0.02)
        s.close()
    gc.collect()
    true(descriptors() - before < 5, "%d are left" % (descriptors() - before))


@test
def failed_handshake_leaves_the_socket_open():
    s = tcp(peers.silent)
    raises(OSError, ssl.wrap_socket, s, timeout=0.2)
    equal(s.write(b"still mine"), 10)
    forget()
    gc.collect()
    equal(s.write(b"still mine"), 10)
    s.close()


run()
