# Polling over a stream that Python code makes, between two ends in this program: what
# MicroPython's extmod/ssl_poll.py looks at, by select.poll.
import io
import select
from harness import *

import ssl

POLL, CLOSE = 3, 4


class Pipe(io.IOBase):
    def __init__(self):
        self.blocked_read = self.blocked_write = False
        self.claims_room = False  # where there is none
        self.takes_zero = False   # bytes, where it could say that it would block
        self.came = []
        self.asked = None

    def readinto(self, buf):
        if self.blocked_read or not self.came:
            return None
        data = self.came.pop(0)
        n = min(len(buf), len(data))
        buf[:n] = data[:n]
        if n < len(data):
            self.came.insert(0, data[n:])
        return n

    def write(self, buf):
        if self.blocked_write:
            return 0 if self.takes_zero else None
        self.other.came.append(bytes(buf))
        return len(buf)

    def ioctl(self, request, arg):
        if request != POLL:
            return 0
        self.asked = arg
        ready = (select.POLLIN if self.came and not self.blocked_read else 0)
        return arg & (ready | (select.POLLOUT if self.claims_room or not self.blocked_write else 0))


def pipes():
    a, b = Pipe(), Pipe()
    a.other, b.other = b, a
    return a, b


def wrapped(io, **named):
    ss = ssl.wrap_socket(io, do_handshake=False, **named)
    ss.setblocking(False)
    return ss


def polled(ss, flags):
    poll = select.poll()
    poll.register(ss, flags)
    return dict([(id(event[0]), event[1]) for event in poll.poll(0)]).get(id(ss), 0)


IN, OUT = select.POLLIN, select.POLLOUT


def pair():
    a, b = pipes()
    return a, b, wrapped(a), wrapped(b, server_side=True, certfile=pki("server-ecdsa.chain.pem"), keyfile=pki("server-ecdsa.key"))


def shake(a, b, client, server):
    for _ in range(20):
        equal(client.read(1), None)
        equal(server.read(1), None)
        if not a.came and not b.came:
            return
    raise AssertionError("no end")


@test
def the_direction_that_is_needed():
    a, b, client, server = pair()
    a.blocked_write = True
    equal(client.read(1), None)
    for flags in (IN, OUT, IN | OUT):
        equal(polled(client, flags), 0)
        equal(a.asked, OUT)
    a.blocked_write = False
    equal(polled(client, IN), IN)
    equal(client.read(1), None)
    equal(len(b.came), 1)
    for flags in (IN, OUT):
        equal(polled(client, flags), 0)
        equal(a.asked, IN)
    equal(server.read(1), None)
    equal(polled(client, OUT), OUT)
    shake(a, b, client, server)
    equal(polled(client, IN | OUT), OUT)


@test
def buffered_data_is_readable():
    a, b, client, server = pair()
    shake(a, b, client, server)
    client.write(b"foobar")
    equal(server.read(3), b"foo")
    b.blocked_read = True
    equal(polled(server, IN), IN)
    equal(server.read(3), b"bar")
    equal(polled(server, IN), 0)


@test
def closed_and_failed():
    a, b, client, server = pair()
    client.close()
    equal(polled(client, IN), select.POLLNVAL if hasattr(select, "POLLNVAL") else 32)
    a, b, client, server = pair()
    b.write(b"fooba")
    raises(OSError, client.read, 1)
    for flags in (IN, OUT):
        equal(polled(client, flags), flags | select.POLLERR)
    raises(OSError, client.read, 1)


def stuck():
    # (Python stream, client, server) with six bytes in a record that the stream does not take.
    a, b, client, server = pair()
    shake(a, b, client, server)
    a.blocked_write = True
    equal(client.write(b"foobar"), 5)
    return a, client, server


@test
def written_whole_when_it_has_left():
    a, client, server = stuck()
    equal(client.write(b"r"), None)
    equal(polled(client, OUT), 0)
    equal(server.read(10), None)
    a.blocked_write = False
    equal(client.write(b"r"), 1)
    equal(server.read(10), b"foobar")
    equal(client.write(b"r"), 1)
    equal(server.read(10), b"r")


@test
def flushed_when_asked():
    a, client, server = stuck()
    a.blocked_write = False
    client.flush()
    equal(server.read(10), b"foobar")
    equal(client.write(b"r"), 1)
    equal(server.read(10), None)


@test
def a_stream_that_takes_nothing_is_not_writable():
    a, client, server = stuck()
    a.takes_zero = True
    equal(client.write(b"r"), None)
    a.claims_room = True
    equal(polled(client, OUT), 0)
    equal(polled(client, IN | OUT), 0)
    a.blocked_write = False
    equal(polled(client, OUT), OUT)
    equal(server.read(10), b"foobar")


@test
def writing_nothing_repeats_nothing():
    a, client, server = stuck()
    a.blocked_write = False
    equal(client.write(b"r", 0), 0)
    equal(client.write(b"r"), 1)
    equal(server.read(20), b"foobar")


@test
def held_back_is_not_sent_twice():
    for more, arrives in ((b"rest", b"foobarest"), (b"other", b"foobarother")):
        a, client, server = stuck()
        a.blocked_write = False
        equal(client.write(more), len(more))
        equal(server.read(20), arrives)
    a, client, server = stuck()
    a.blocked_write = False
    equal(client.send(b"rx"), 2)
    equal(server.read(20), b"foobarx")
    a, client, server = stuck()
    a.blocked_write = False
    for _ in range(2):  # once held back, once a byte like it
        equal(client.send(b"r"), 1)
    equal(server.read(20), b"foobarr")


@test
def closing_after_all_is_written():
    a, client, server = stuck()
    a.blocked_write = False
    equal(client.write(b"r"), 1)
    client.close()
    equal(server.read(10), b"foobar")
    equal(server.read(10), b"")


run()
