# TLS over anything with the stream protocol: Python classes, and TLS in TLS.
# peers: tls12 tls13 silent
import binascii
import errno
import io
import select
from harness import *

import ssl

POLL, CLOSE = 3, 4


class Stream(io.IOBase):
    # A plain socket behind a Python class, the whole protocol.
    def __init__(self, address):
        self.s = tcp(address)
        self.closed = 0
        self.asked = []

    def readinto(self, buf):
        return self.s.readinto(buf)

    def write(self, buf):
        return self.s.write(buf)

    def ioctl(self, request, arg):
        self.asked.append(request)
        if request == CLOSE:
            self.closed += 1
            self.s.close()
            return 0
        if request == POLL:
            poller = select.poll()
            poller.register(self.s, arg)
            found = poller.poll(0)
            return found[0][1] if found else 0
        return -1


class Reader(Stream):
    # socket.readinto waits until the buffer is full; a stream gives what is there.
    def readinto(self, buf):
        data = self.s.recv(len(buf))
        buf[:len(data)] = data
        return len(data)


class Trickling(Reader):
    # A byte at a time, in both directions.
    def readinto(self, buf):
        data = self.s.recv(1)
        buf[:len(data)] = data
        return len(data)

    def write(self, buf):
        return self.s.send(buf[:1])


class Stuttering(Reader):
    # Every other call would block.
    turn = False

    def hesitate(self):
        self.turn = not self.turn
        return self.turn

    def readinto(self, buf):
        return None if self.hesitate() else super().readinto(buf)

    def write(self, buf):
        return None if self.hesitate() else self.s.write(buf)


class OnlyClose(Reader):
    # Answers no ioctl but close.
    def ioctl(self, request, arg):
        if request == CLOSE:
            return super().ioctl(request, arg)
        return -1


class NeverReady(Reader):
    # Says 0 to poll, as some streams do, although data is there.
    def ioctl(self, request, arg):
        return super().ioctl(request, arg) if request == CLOSE else 0


class WriteOnlySome(Reader):
    def write(self, buf):
        return self.s.write(buf[:7])


def over(make, peer):
    forget()
    stream = make(getattr(peers, peer))
    ss = ssl.wrap_socket(stream, cert_reqs=2, ca_certs=pki("root-ecdsa.pem"), server_hostname="localhost")
    true(isinstance(ss, ssl.SSLSocket), "no SSLSocket")
    exchange(ss)
    ss.write(b"sink 20000\n")
    ss.write(pattern(20000))
    equal(int(ss.readline()), binascii.crc32(pattern(20000)))
    ss.write(b"send 3000\n")
    equal(ss.read(3000), pattern(3000))
    ss.close()
    ss.close()
    equal(stream.closed, 1)
    equal(report(peer)["end"], "close_notify")


for _make in (Reader, Trickling, Stuttering, OnlyClose, NeverReady, WriteOnlySome):
    for _peer in ("tls12", "tls13"):
        case("%s, %s" % (_make.__name__, _peer), over, _make, _peer)


@test
def not_wrapped_yet_not_touched():
    stream = Reader(peers.tls13)
    ss = ssl.wrap_socket(stream, do_handshake=False)
    true(CLOSE not in stream.asked, "closed")
    exchange(ss)
    ss.close()


@test
def handshake_at_once():
    # A stream that is no socket counts as connected.
    ss = ssl.wrap_socket(Reader(peers.tls13))
    equal(ss.version(), "TLSv1.3")
    ss.close()


def nothing_more_is_read(peer):
    # Reading from this stream waits: a session must not be waited for behind its ticket,
    # and close, which takes in tickets for the cache, must not wait for one.
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki("root-ecdsa.pem"))
    ctx.session_cache_size = 4
    for save in (True, False):
        clock = Clock()
        ss = ctx.wrap_socket(Reader(getattr(peers, peer)), server_hostname="localhost")
        if save:
            true(isinstance(ssl.save_session(ss), ssl.SSLSession))
        ss.close()
        clock.between(0, 20)


case("nothing more is read, TLS 1.2", nothing_more_is_read, "tls12")
case("nothing more is read, TLS 1.3", nothing_more_is_read, "tls13")


@test
def failed_wrap_leaves_the_stream_open():
    stream = Reader(peers.tls13)
    raises(ValueError, ssl.wrap_socket, stream, cert_reqs=9)
    raises(ssl.SSLError, ssl.wrap_socket, stream, cert_reqs=2, ca_certs=pki("garbage.bin"))
    gc.collect()
    equal(stream.closed, 0)
    ss = ssl.wrap_socket(stream)
    exchange(ss)
    ss.close()


@test
def deadline_on_a_stream_that_would_block():
    class Silent(Reader):
        def readinto(self, buf):
            return None

    clock = Clock()
    raises(ssl.SSLTimeoutError, ssl.wrap_socket, Silent(peers.silent), timeout=1)
    clock.between(0.9, 3)


@test
def stream_at_its_end():
    for data in (b"", b"\x16\x03\x03"):
        raises(ssl.SSLEOFError, ssl.wrap_socket, Canned(data))


class Canned(io.IOBase):
    # Gives the bytes it was made with, takes everything.
    def __init__(self, data):
        self.data = data

    def readinto(self, buf):
        part = self.data[:len(buf)]
        self.data = self.data[len(part):]
        buf[:len(part)] = part
        return len(part)

    def write(self, buf):
        return len(buf)

    def ioctl(self, request, arg):
        return 0


@test
def nonsense_from_a_stream():
    raises(ssl.SSLError, ssl.wrap_socket, Canned(bytes(1000)))
    raises(ssl.SSLError, ssl.wrap_socket, Canned(content("garbage.bin")))


class Raising(Reader):
    # Fails the way it is told, when it is told.
    error = None

    def readinto(self, buf):
        if self.error:
            raise self.error
        return super().readinto(buf)


def stream_error(error):
    stream = Raising(peers.tls13)
    stream.error = error
    caught = raises(type(error), ssl.wrap_socket, stream)
    if isinstance(error, OSError):
        equal(caught.errno, error.errno)
    else:
        equal(caught.args, error.args)
    stream.error = None
    ss = ssl.wrap_socket(stream, do_handshake=False)
    ss.close()


case("OSError in a stream", stream_error, OSError(errno.ECONNRESET))
case("KeyError in a stream", stream_error, KeyError("mine"))
case("MemoryError in a stream", stream_error, MemoryError("mine"))
case("KeyboardInterrupt in a stream", stream_error, KeyboardInterrupt("mine"))


@test
def error_after_the_handshake():
    for kind in (KeyError, OSError):
        stream = Raising(peers.tls13)
        ss = ssl.wrap_socket(stream)
        exchange(ss)
        stream.error = kind(5)
        raises(kind, ss.recv, 1)
        stream.error = None
        ss.close()


class Lying(Reader):
    # Says that it moved more than the buffer holds, or something that is no number.
    said = None

    def readinto(self, buf):
        return self.said

    def write(self, buf):
        return self.said if self.said != 0 else len(buf)


@test
def impossible_counts():
    for said in (1 << 20, -5, 1 << 62, "x", 1.5, b""):
        stream = Lying(peers.silent)
        stream.said = said
        raises(Exception, ssl.wrap_socket, stream, timeout=0.5)
        stream.s.close()


class NoWrite(io.IOBase):
    def readinto(self, buf):
        return 0


@test
def reads_no_further_than_TLS():
    # What comes behind close_notify stays in the stream.
    for peer in (peers.tls12, peers.tls13):
        stream = Reader(peer)
        ss = ssl.wrap_socket(stream)
        ss.write(b"send 9\npart hello\n")
        time.sleep(0.3)
        equal(ss.read(9), pattern(9))
        true(ss.unwrap() is stream)
        equal(stream.s.recv(6), b"hello\n")
        stream.s.close()


@test
def dropped_is_not_closed():
    # The stream is somebody's, who may go on with it.
    stream = Reader(peers.tls13)
    ss = ssl.wrap_socket(stream)
    ss.__del__()
    equal(stream.closed, 0)
    stream.s.close()


class Interrupted(Reader):
    error = None

    def write(self, buf):
        if self.error:
            raise self.error
        return super().write(buf)


@test
def what_close_is_told():
    # What is not about the connection, and it is closed all the same.
    for error in (KeyboardInterrupt("mine"), ValueError("mine"), OSError(errno.ECONNRESET)):
        stream = Interrupted(peers.tls13)
        ss = ssl.wrap_socket(stream)
        stream.error = error
        if isinstance(error, OSError):
            ss.close()
        else:
            raises(type(error), ss.close, contains="mine")
        equal(stream.closed, 1)
        raises(OSError, ss.read, 1, errno=errno.EBADF)


@test
def protocol_incomplete():
    # No write: named, or the interpreter's own complaint; never a crash.
    raises((TypeError, AttributeError, OSError), ssl.wrap_socket, NoWrite())


@test
def bytesio_is_a_stream():
    raises(ssl.SSLError, ssl.wrap_socket, io.BytesIO(b"no TLS in here, but enough bytes to see"))


# ---- TLS in TLS ----


def tunnel(outer, inner_named):
    forget()
    one = ssl.wrap_socket(tcp(getattr(peers, outer)), cert_reqs=2, ca_certs=pki("root-ecdsa.pem"))
    one.write(b"tls\n")
    two = ssl.wrap_socket(one, **inner_named)
    true(isinstance(two, ssl.SSLSocket), "no SSLSocket")
    exchange(two)
    exchange(two, pattern(40000))
    two.settimeout(0.2)
    raises(OSError, two.recv, 1, errno=errno.ETIMEDOUT)
    exchange(two)
    two.close()
    raises(OSError, two.recv, 1, errno=errno.EBADF)
    raises(OSError, one.recv, 1, errno=errno.EBADF)
    one.close()


CHECKED = {"cert_reqs": 2, "ca_certs": pki("root-ecdsa.pem"), "server_hostname": "localhost"}
case("TLS in TLS, 1.2", tunnel, "tls12", CHECKED)
case("TLS in TLS, 1.3", tunnel, "tls13", CHECKED)


@test
def tls_in_tls_fails_inside():
    one = ssl.wrap_socket(tcp(peers.tls13))
    one.write(b"tls\n")
    raises(ssl.SSLCertVerificationError, ssl.wrap_socket, one, cert_reqs=2, ca_certs=pki("other-root.pem"))
    # The outer connection is as open as before.
    equal(one.version(), "TLSv1.3")
    one.close()


@test
def tls_in_tls_deadline():
    one = ssl.wrap_socket(tcp(peers.tls13))
    one.write(b"after 5000 bye\n")
    clock = Clock()
    raises(ssl.SSLTimeoutError, ssl.wrap_socket, one, timeout=1)
    clock.between(0.9, 3)
    one.close()


run()
