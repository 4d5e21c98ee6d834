# select.poll tells the truth about a TLS connection.
# peers: tls12 tls13 silent
import errno
import io
import select
from harness import *

import ssl

IN, OUT = select.POLLIN, select.POLLOUT


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


def events(ss, mask, wait=0):
    poller = select.poll()
    poller.register(ss, mask)
    found = poller.poll(wait)
    return found[0][1] if found else 0


def ready(peer):
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    exchange(ss)
    return ss


@both
def nothing_to_read(peer):
    ss = ready(peer)
    equal(events(ss, IN), 0)
    equal(events(ss, IN, 100), 0)
    equal(events(ss, IN | OUT), OUT)
    ss.close()


@both
def data_arrives(peer):
    ss = ready(peer)
    clock = Clock()
    ss.write(b"after 300 send 5\n")
    equal(events(ss, IN, 5000), IN)
    clock.between(0.1, 3)
    equal(ss.recv(10), pattern(5))
    equal(events(ss, IN), 0)
    ss.close()


@both
def decrypted_data_counts(peer):
    # One record came, a part of it was read: the descriptor is empty, the socket is not.
    ss = ready(peer)
    ss.write(b"send 100\n")
    equal(ss.recv(10), pattern(10))
    for _ in range(3):
        equal(events(ss, IN), IN)
    equal(events(ss, IN | OUT), IN | OUT)
    equal(ss.recv(100), pattern(100)[10:])
    equal(events(ss, IN), 0)
    ss.close()


@both
def data_kept_by_a_timeout_counts(peer):
    ss = ready(peer)
    ss.settimeout(0.2)
    ss.write(b"send 3\n")
    raises(OSError, ss.read, 10)
    equal(events(ss, IN), IN)
    equal(ss.recv(10), pattern(3))
    equal(events(ss, IN), 0)
    ss.close()


@both
def many_records(peer):
    # Reading only when poll says so gets everything, without ever blocking.
    ss = ready(peer)
    ss.setblocking(False)
    ss.write(b"send 200000\n")
    got = b""
    clock = Clock()
    while len(got) < 200000:
        equal(events(ss, IN, 3000), IN)
        part = ss.read(1000)
        got += part or b""
        true(clock() < 30, "too slow")
    equal(got, pattern(200000))
    equal(events(ss, IN), 0)
    ss.close()


@both
def tickets_are_not_data(peer):
    # Right after the handshake the peer may send tickets; a read then finds nothing,
    # and poll must not be stuck on readable.
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    time.sleep(0.2)
    ss.setblocking(False)
    equal(events(ss, IN), 0)
    equal(ss.read(10), None)
    equal(events(ss, IN), 0)
    ss.close()


@both
def the_end_is_readable(peer):
    ss = ready(peer)
    ss.write(b"bye\n")
    true(events(ss, IN, 3000) & IN, "not readable")
    equal(ss.recv(10), b"")
    true(events(ss, IN) & IN, "not readable any more")
    ss.close()


@both
def a_vanished_peer_is_an_event(peer):
    ss = ready(peer)
    ss.write(b"drop\n")
    true(events(ss, IN, 3000), "nothing")
    equal(ss.recv(10), b"")
    ss.close()


@both
def full_pipe_is_not_writable(peer):
    ss = ready(peer)
    ss.write(b"hold sink 100000000\n")
    ss.setblocking(False)
    clock = Clock()
    chunk = bytes(50000)
    idle = ss.memory().now
    while events(ss, OUT, 300):  # the system makes room as long as there is some at the other end
        ss.write(chunk)
        true(clock() < 60, "writable all the time")
    equal(ss.write(chunk), None)
    true(ss.memory().now < idle + 4000, "a record waits here: %d, idle %d" % (ss.memory().now, idle))
    order(do="release")
    equal(events(ss, OUT, 10000) & OUT, OUT)
    ss.close()


@test
def handshake_wants_the_peers_answer():
    # Hello is out: writing is no use until the peer speaks.
    ss = ssl.wrap_socket(tcp(peers.silent), do_handshake=False)
    ss.setblocking(False)
    raises(ssl.SSLWantReadError, ss.do_handshake)
    equal(events(ss, IN), 0)
    equal(events(ss, OUT), 0)
    equal(events(ss, IN | OUT), 0)
    ss.close()


@both
def handshake_has_its_answer(peer):
    # Whatever the caller waits for, it is woken when the handshake can go on.
    for mask in (IN, OUT, IN | OUT):
        ss = ssl.wrap_socket(tcp(getattr(peers, peer)), do_handshake=False)
        ss.setblocking(False)
        try:
            ss.do_handshake()  # a very fast peer may have answered already
        except ssl.SSLWantReadError:
            true(events(ss, mask, 3000) & mask, "not woken")
        ss.close()


@both
def not_started_handshake_is_writable(peer):
    # Nothing is sent yet: the engine wants to write its hello.
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)), do_handshake=False)
    ss.setblocking(False)
    equal(events(ss, OUT) & OUT, OUT)
    ss.close()


@both
def poll_led_conversation(peer):
    # First write, then read, led by poll alone from before the handshake.
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)), do_handshake=False)
    ss.setblocking(False)
    out, got = b"send 50000\n", b""
    clock = Clock()
    while len(got) < 50000:
        true(clock() < 20, "stuck")
        event = events(ss, OUT if out else IN, 2000)
        if out and event & OUT:
            out = out[ss.write(out) or 0:]
        elif event & IN:
            got += ss.read(4096) or b""
    equal(got, pattern(50000))
    ss.close()


@both
def two_sockets_in_one_poll(peer):
    one, two = ready(peer), ready(peer)
    poller = select.poll()
    poller.register(one, IN)
    poller.register(two, IN)
    equal(poller.poll(0), [])
    two.write(b"send 5\n")
    found = poller.poll(3000)
    equal(len(found), 1)
    true(found[0][0] is two, "the wrong one")
    one.close()
    two.close()


@both
def ipoll(peer):
    ss = ready(peer)
    poller = select.poll()
    poller.register(ss, IN)
    ss.write(b"send 20\n")
    equal(ss.recv(5), pattern(5))
    equal([event for _, event in poller.ipoll(0)], [IN])
    ss.close()


@both
def select_select(peer):
    if not hasattr(select, "select"):
        raise Skip("no select.select on this port")
    ss = ready(peer)
    ss.write(b"send 20\n")
    equal(ss.recv(5), pattern(5))
    readable, writable, _ = select.select([ss], [ss], [], 0)
    true(readable and writable, "not both")
    ss.recv(20)
    readable, _, _ = select.select([ss], [], [], 0)
    equal(readable, [])
    ss.close()


@both
def closed(peer):
    # After close: an event or an error, never a crash and never silence.
    ss = ready(peer)
    poller = select.poll()
    poller.register(ss, IN | OUT)
    ss.close()
    try:
        found = poller.poll(1000)
        true(found and found[0][1] & ~(IN | OUT), repr(found))
    except OSError:
        pass


# ---- a stream in Python that does more than it should while it is polled ----


class Stream(io.IOBase):
    # Over a plain socket; the hooks run inside its ioctl and its readinto, once.
    def __init__(self, address):
        self.s = tcp(address)
        self.hooks = {}

    def inside(self, name):
        hook = self.hooks.pop(name, None)
        if hook:
            hook()

    def readinto(self, buf):
        self.inside("read")
        data = self.s.recv(len(buf))
        buf[:len(data)] = data
        return len(data)

    def write(self, buf):
        return self.s.write(buf)

    def ioctl(self, request, arg):
        if request == 4:
            self.s.close()
        if request != 3:
            return 0
        self.inside("poll")
        poller = select.poll()
        poller.register(self.s, arg)
        found = poller.poll(0)
        return found[0][1] if found else 0


def with_data(peer):
    # A connection for which data waits in its stream.
    stream = Stream(getattr(peers, peer))
    ss = ssl.wrap_socket(stream)
    exchange(ss)
    ss.write(b"say hello\n")
    time.sleep(0.2)
    return stream, ss


@both
def polled_while_it_reads(peer):
    # From within a call it tells what the stream below does, and disturbs nothing.
    stream, ss = with_data(peer)
    seen = []
    stream.hooks["read"] = lambda: seen.append(events(ss, OUT))
    equal(ss.readline(), b"hello\n")
    equal(seen, [OUT])
    exchange(ss)
    ss.close()


@both
def closed_while_polled(peer):
    for place in ("poll", "read"):
        stream, ss = with_data(peer)
        stream.hooks[place] = ss.close
        events(ss, IN)
        equal(stream.hooks, {})
        raises(OSError, ss.recv, 1, errno=errno.EBADF)


def fails(error):
    raise error


@both
def error_while_polled(peer):
    # It reaches the caller of poll, and is over then.
    for error in (ValueError("mine"), KeyboardInterrupt("mine")):
        stream, ss = with_data(peer)
        stream.hooks["read"] = lambda: fails(error)
        equal(raises(type(error), events, ss, IN).args, error.args)
        equal(events(ss, IN), IN)
        equal(ss.readline(), b"hello\n")
        exchange(ss)
        ss.close()


run()
