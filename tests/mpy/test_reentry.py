# One connection, touched from inside its own calls: by a Python stream or by a
# scheduled callback. A call inside a call is EBUSY, and close takes effect when
# the outer call returns.
# peers: tls12 tls13 silent
# timeout: 90
import errno
import io
import micropython
from harness import *

import ssl

try:
    import _thread
except ImportError:
    _thread = None

try:
    import deflate
except ImportError:
    deflate = None

EBUSY = 16


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


class Stream(io.IOBase):
    # Over a plain socket; calls hook from inside every read and write.
    def __init__(self, address):
        self.s = tcp(address)
        self.hook = None
        self.when_closed = None
        self.closed = 0

    def inside(self):
        if self.hook:
            hook, self.hook = self.hook, None
            hook()

    def readinto(self, buf):
        self.inside()
        data = self.s.recv(len(buf))
        buf[:len(data)] = data
        return len(data)

    def write(self, buf):
        self.inside()
        return self.s.write(buf)

    def ioctl(self, request, arg):
        if request == 4:
            self.closed += 1
            self.s.close()
            if self.when_closed:
                self.when_closed()
        return 0


CALLS = (
    ("recv", (1,)), ("recv_into", (bytearray(1),)), ("read", (1,)), ("readinto", (bytearray(1),)), ("readline", ()),
    ("send", (b"x",)), ("sendall", (b"x",)), ("write", (b"x",)), ("do_handshake", ()), ("unwrap", ()),
)


def try_all(ss, seen):
    for name, args in CALLS:
        try:
            seen.append((name, getattr(ss, name)(*args)))
        except OSError as error:
            if error.errno != EBUSY:
                seen.append((name, error))
    seen.append("done")


@both
def a_stream_that_calls_back(peer):
    for outer in (lambda ss: ss.recv(10), lambda ss: ss.read(6), lambda ss: ss.readline()):
        stream = Stream(getattr(peers, peer))
        ss = ssl.wrap_socket(stream)
        exchange(ss)
        ss.write(b"say hello\n")
        seen = []
        stream.hook = lambda: try_all(ss, seen)
        equal(outer(ss), b"hello\n")
        equal(seen, ["done"])
        exchange(ss)
        ss.close()


@both
def a_stream_that_calls_back_when_written(peer):
    stream = Stream(getattr(peers, peer))
    ss = ssl.wrap_socket(stream)
    exchange(ss)
    seen = []
    stream.hook = lambda: try_all(ss, seen)
    ss.write(b"say hello\n")
    equal(seen, ["done"])
    equal(ss.readline(), b"hello\n")
    ss.close()


@both
def a_stream_that_calls_back_in_the_handshake(peer):
    stream = Stream(getattr(peers, peer))
    ss = ssl.wrap_socket(stream, do_handshake=False)
    seen = []
    stream.hook = lambda: try_all(ss, seen)
    ss.do_handshake()
    equal(seen, ["done"])
    exchange(ss)
    ss.close()


@both
def close_inside_a_call(peer):
    stream = Stream(getattr(peers, peer))
    ss = ssl.wrap_socket(stream)
    exchange(ss)
    ss.write(b"say hello\n")
    during = []

    def close():
        ss.close()
        during.append(stream.closed)

    stream.hook = close
    try:
        ss.recv(10)
    except OSError as error:
        equal(error.errno, errno.EBADF)
    equal(during, [0])
    equal(stream.closed, 1)
    raises(OSError, ss.recv, 1, errno=errno.EBADF)
    ss.close()
    equal(stream.closed, 1)


@both
def close_inside_the_handshake(peer):
    stream = Stream(getattr(peers, peer))
    ss = ssl.wrap_socket(stream, do_handshake=False)
    stream.hook = ss.close
    try:
        ss.do_handshake()
    except OSError as error:
        equal(error.errno, errno.EBADF)
    equal(stream.closed, 1)
    raises(OSError, ss.do_handshake, errno=errno.EBADF)


@both
def collecting_inside_a_call(peer):
    stream = Stream(getattr(peers, peer))
    ss = ssl.wrap_socket(stream)
    for _ in range(5):
        stream.hook = gc.collect
        exchange(ss)
    ss.close()


@both
def another_connection_inside_a_call(peer):
    # Other connections are not concerned.
    stream = Stream(getattr(peers, peer))
    ss = ssl.wrap_socket(stream)
    other = ssl.wrap_socket(tcp(getattr(peers, peer)))
    done = []

    def talk():
        exchange(other)
        done.append(1)

    ss.write(b"say hello\n")
    stream.hook = talk
    equal(ss.readline(), b"hello\n")
    equal(done, [1])
    other.close()
    ss.close()


@both
def finaliser_called_inside_a_call(peer):
    # By hand, as the collector never would.
    stream = Stream(getattr(peers, peer))
    ss = ssl.wrap_socket(stream)
    exchange(ss)
    stream.hook = ss.__del__
    try:
        ss.send(b"x" * 100)
    except OSError as error:
        equal(error.errno, errno.EBADF)
    raises(OSError, ss.recv, 1, errno=errno.EBADF)


@both
def close_inside_close(peer):
    stream = Stream(getattr(peers, peer))
    ss = ssl.wrap_socket(stream)
    exchange(ss)
    stream.when_closed = ss.close
    ss.close()
    equal(stream.closed, 1)


def interrupt():
    raise KeyboardInterrupt("mine")


def close_as_stream(ss):
    # The way other modules close a stream that was given to them.
    if deflate is None:
        raise Skip("no deflate")
    deflate.DeflateIO(ss, deflate.RAW, 0, True).close()


def interrupted_close(peer, close):
    # Ctrl-C is not lost, and the stream is closed all the same.
    stream = Stream(getattr(peers, peer))
    ss = ssl.wrap_socket(stream)
    exchange(ss)
    stream.hook = interrupt
    raises(KeyboardInterrupt, close, ss)
    equal(stream.closed, 1)
    raises(OSError, ss.recv, 1, errno=errno.EBADF)


for _peer in ("tls12", "tls13"):
    case("interrupted close, " + _peer, interrupted_close, _peer, lambda ss: ss.close())
    case("interrupted close as a stream, " + _peer, interrupted_close, _peer, close_as_stream)


# ---- TLS in TLS ----


def tunnel(peer):
    # A connection whose peer now expects another one inside.
    stream = Stream(getattr(peers, peer))
    one = ssl.wrap_socket(stream)
    exchange(one)
    one.write(b"tls\n")
    return stream, one


@both
def lower_one_closed_inside_the_handshake(peer):
    stream, one = tunnel(peer)
    stream.hook = one.close
    raises(OSError, ssl.wrap_socket, one, timeout=3)
    equal(stream.closed, 1)
    raises(OSError, one.recv, 1, errno=errno.EBADF)


@both
def lower_one_closed_inside_a_call(peer):
    stream, one = tunnel(peer)
    two = ssl.wrap_socket(one)
    exchange(two)
    two.settimeout(3)
    stream.hook = one.close
    raises(OSError, exchange, two)
    two.close()
    raises(OSError, one.recv, 1, errno=errno.EBADF)
    equal(stream.closed, 1)


@both
def lower_one_is_busy_inside_a_call(peer):
    stream, one = tunnel(peer)
    two = ssl.wrap_socket(one)
    exchange(two)
    seen = []
    stream.hook = lambda: try_all(one, seen)
    exchange(two)
    equal(seen, ["done"])
    two.close()


@both
def interrupted_below(peer):
    # At once, to the upper one's caller, and to nobody else later.
    stream, one = tunnel(peer)
    stream.hook = interrupt
    clock = Clock()
    raises(KeyboardInterrupt, ssl.wrap_socket, one, timeout=5)
    true(clock() < 3, "took %.1f s" % clock())
    stream.s.settimeout(0.5)  # the peer may have got the hello, or still wait for it
    try:
        one.recv(1)
    except OSError:
        pass
    equal(one.version(), "TLSv1.2" if peer == "tls12" else "TLSv1.3")
    one.close()


# ---- scheduled callbacks ----


def needs_threads():
    if _thread is None:
        raise Skip("no threads")


def later(milliseconds, function):
    # Have function run in the main thread, in the middle of what it then does.
    def wait():
        time.sleep(milliseconds / 1000)
        micropython.schedule(function, None)

    _thread.start_new_thread(wait, ())


@both
def scheduled_during_a_wait(peer):
    needs_threads()
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    exchange(ss)
    seen = []
    later(200, lambda _: try_all(ss, seen))
    ss.write(b"after 800 say hello\n")
    equal(ss.readline(), b"hello\n")
    time.sleep(0.01)
    equal(seen, ["done"])
    exchange(ss)
    ss.close()


@both
def scheduled_close_during_a_wait(peer):
    needs_threads()
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    exchange(ss)
    later(200, lambda _: ss.close())
    ss.write(b"after 800 say hello\n")
    clock = Clock()
    try:
        ss.readline()
    except OSError as error:
        equal(error.errno, errno.EBADF)
    clock.between(0.1, 5)
    raises(OSError, ss.recv, 1, errno=errno.EBADF)


@test
def scheduled_before_a_timeout():
    # The wait goes on after the callback, and still ends when it should.
    needs_threads()
    ss = ssl.wrap_socket(tcp(peers.tls13))
    exchange(ss)
    ran = []
    later(200, lambda _: ran.append(1))
    ss.settimeout(0.6)
    raises(OSError, ss.recv, 1, errno=errno.ETIMEDOUT)
    equal(ran, [1])
    exchange(ss)
    ss.close()


class Neighbours:
    # Small buffers, made at once in the place that another object has just left.
    def __init__(self):
        self.all = [bytearray(64) for _ in range(300)]

    def unharmed(self):
        for one in self.all:
            true(not any(one), "written over: %r" % bytes(one[:20]))


def resized(peer, change, count):
    # The buffer given moves, or shrinks, while the call waits for data.
    needs_threads()
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    exchange(ss)
    for name in ("recv_into", "readinto"):
        buf = bytearray(64)
        moved = []

        def move(_):
            change(buf)
            moved.append(Neighbours())

        ss.write(b"after 600 send 64\n")
        later(200, move)
        got = getattr(ss, name)(buf)
        equal(len(moved), 1)
        moved[0].unharmed()
        equal(got, count)
        equal(bytes(buf[:count]), pattern(count))
        equal(ss.read(64 - count), pattern(64)[count:])
    exchange(ss)
    ss.close()


def grow(buf):
    buf.extend(b"z" * 100000)


def shrink(buf):
    buf[:] = b"z" * 10


for _peer in ("tls12", "tls13"):
    case("buffer grows during a wait, " + _peer, resized, _peer, grow, 64)
    case("buffer shrinks during a wait, " + _peer, resized, _peer, shrink, 10)

run()
