# What recv, read, readinto, readline, send, write and sendall give on a
# blocking connection: data, the end, and a peer that vanished.
# peers: tls12 tls13
import binascii
import errno
from harness import *

import ssl

EPIPE = 32
LOST = (EPIPE, errno.ECONNRESET)


def open_to(peer):
    return ssl.wrap_socket(tcp(getattr(peers, peer)))


def both(function):
    # The same case with TLS 1.2 and 1.3.
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


@both
def recv(peer):
    ss = open_to(peer)
    ss.write(b"send 1000\n")
    got = b""
    while len(got) < 1000:
        part = ss.recv(300)
        true(0 < len(part) <= 300, "%d bytes" % len(part))
        got += part
    equal(got, pattern(1000))
    ss.close()


@both
def recv_into(peer):
    ss = open_to(peer)
    ss.write(b"send 10\n")
    buf = bytearray(20)
    equal(ss.recv_into(buf), 10)
    equal(buf[:10], pattern(10))
    ss.write(b"send 10\n")
    equal(ss.recv_into(buf, 4), 4)
    equal(ss.recv(20), pattern(10)[4:])
    ss.close()


@both
def read_waits_for_all(peer):
    ss = open_to(peer)
    ss.write(b"slow 5 50\n")
    equal(ss.read(5), pattern(5))
    ss.close()


@both
def read_to_the_end(peer):
    ss = open_to(peer)
    ss.write(b"send 50000\nbye\n")
    equal(ss.read(), pattern(50000))
    equal(ss.read(), b"")
    ss.close()


@both
def readinto(peer):
    ss = open_to(peer)
    ss.write(b"slow 5 20\n")
    buf = bytearray(5)
    equal(ss.readinto(buf), 5)
    equal(buf, pattern(5))
    ss.write(b"send 10\n")
    buf = bytearray(10)
    equal(ss.readinto(buf, 4), 4)
    equal(buf, pattern(4) + bytes(6))
    ss.close()


@both
def readline(peer):
    ss = open_to(peer)
    ss.write(b"say one\\ntwo\\n\\nfour\n")
    equal(ss.readline(), b"one\n")
    equal(ss.readline(2), b"tw")
    equal(ss.readline(), b"o\n")
    equal(ss.readline(), b"\n")
    equal(ss.readline(), b"four\n")
    ss.close()


@both
def readline_without_newline(peer):
    ss = open_to(peer)
    ss.write(b"send 3\nbye\n")
    equal(ss.readline(), pattern(3))
    equal(ss.readline(), b"")
    ss.close()


@both
def iteration(peer):
    ss = open_to(peer)
    ss.write(b"say a\\nb\\nc\nbye\n")
    equal([line for line in ss], [b"a\n", b"b\n", b"c\n"])
    ss.close()


@both
def with_statement(peer):
    forget()
    with open_to(peer) as ss:
        exchange(ss)
    raises(OSError, ss.recv, 1, errno=errno.EBADF)
    equal(report(peer)["end"], "close_notify")


@both
def with_statement_left_by_an_error(peer):
    forget()
    try:
        with open_to(peer):
            raise KeyError("mine")
    except KeyError:
        pass
    equal(report(peer)["end"], "close_notify")


@both
def makefile(peer):
    ss = open_to(peer)
    file = ss.makefile("rwb")
    file.write(b"say hello\n")
    if hasattr(file, "flush"):
        file.flush()
    equal(file.readline(), b"hello\n")
    ss.close()


def many(peer, size):
    # Up and down, more than one record each way.
    ss = open_to(peer)
    data = pattern(size)
    ss.write(b"sink %d\n" % size)
    equal(ss.sendall(data), None)
    equal(int(ss.readline()), binascii.crc32(data))
    ss.write(b"send %d\n" % size)
    equal(ss.read(size), data)
    ss.close()


for _peer in ("tls12", "tls13"):
    for _size in (1, 16383, 16384, 16385, 300000):
        case("%d bytes both ways, %s" % (_size, _peer), many, _peer, _size)


@both
def write_takes_all_when_blocking(peer):
    ss = open_to(peer)
    data = pattern(100000)
    ss.write(b"sink 100000\n")
    equal(ss.write(data), 100000)
    equal(int(ss.readline()), binascii.crc32(data))
    ss.close()


@both
def write_with_offset(peer):
    # MicroPython's write(buf, len) and write(buf, off, len).
    ss = open_to(peer)
    ss.write(b"echo 4\n")
    equal(ss.write(b"abcdefgh", 2), 2)
    equal(ss.write(b"abcdefgh", 4, 2), 2)
    equal(ss.read(4), b"abef")
    ss.close()


@both
def minus_one_is_all(peer):
    # As in MicroPython's streams; MQTT clients write that way.
    ss = open_to(peer)
    ss.write(b"echo 7\n")
    equal(ss.write(b"abcd", -1), 4)
    equal(ss.write(b"xxxefg", 3, -1), 3)
    buffer = bytearray(7)
    equal(ss.readinto(buffer, -1), 7)
    equal(buffer, b"abcdefg")
    exchange(ss)
    ss.close()


@both
def send_takes_all_when_blocking(peer):
    # As CPython's, and as a TCP socket: programs look at the count only where it may be less.
    ss = open_to(peer)
    data = pattern(100000)
    ss.sendall(b"sink 100000\n")
    equal(ss.send(data), len(data))
    equal(int(ss.readline()), binascii.crc32(data))
    ss.close()


@both
def send_tells_how_much(peer):
    ss = open_to(peer)
    data = pattern(100000)
    ss.sendall(b"sink 100000\n")
    sent = 0
    while sent < len(data):
        count = ss.send(data[sent:])
        true(0 < count <= len(data) - sent, "%r sent" % count)
        sent += count
    equal(int(ss.readline()), binascii.crc32(data))
    ss.close()


@both
def other_buffers(peer):
    ss = open_to(peer)
    for data in (bytearray(b"abc"), memoryview(b"abc"), "abc"):
        ss.write(b"echo 3\n")
        equal(ss.write(data), 3)
        equal(ss.read(3), b"abc")
        ss.write(b"echo 3\n")
        equal(ss.send(data), 3)
        equal(ss.read(3), b"abc")
    ss.close()


@both
def nothing(peer):
    # Zero bytes are no data, no end and no error.
    ss = open_to(peer)
    equal(ss.send(b""), 0)
    equal(ss.write(b""), 0)
    equal(ss.sendall(b""), None)
    equal(ss.recv(0), b"")
    equal(ss.read(0), b"")
    equal(ss.readinto(bytearray(0)), 0)
    equal(ss.readinto(bytearray(5), 0), 0)
    equal(ss.write(b"abc", 0), 0)
    exchange(ss)
    ss.close()


@both
def wrong_types(peer):
    ss = open_to(peer)
    for attempt in (lambda: ss.send(5), lambda: ss.sendall(None), lambda: ss.write([]), lambda: ss.recv("x"),
                    lambda: ss.recv(None), lambda: ss.recv_into(b"constant"), lambda: ss.recv_into(5),
                    lambda: ss.readinto(None), lambda: ss.send(), lambda: ss.recv(), lambda: ss.settimeout("x"),
                    lambda: ss.setsockopt(1)):
        raises(TypeError, attempt)
    raises((ValueError, TypeError), ss.recv, -1)
    raises((ValueError, TypeError, OSError), ss.settimeout, -1)
    exchange(ss)
    ss.close()


@both
def huge_recv(peer):
    # A size is a limit, not something to allocate.
    ss = open_to(peer)
    ss.write(b"send 5\n")
    try:
        equal(ss.recv(1 << 40), pattern(5))
    except (MemoryError, OverflowError, ValueError):
        equal(ss.recv(10), pattern(5))
    exchange(ss)
    ss.close()


@both
def pending(peer):
    ss = open_to(peer)
    equal(ss.pending(), 0)
    ss.write(b"send 10\n")
    equal(ss.recv(4), pattern(4))
    equal(ss.pending(), 6)
    equal(ss.recv(10), pattern(10)[4:])
    equal(ss.pending(), 0)
    ss.close()


@both
def around_tls(peer):
    ss = open_to(peer)
    raises((OSError, ValueError), ss.sendto, b"plain", sockaddr(getattr(peers, peer)))
    raises((OSError, ValueError), ss.recvfrom, 10)
    exchange(ss)
    ss.close()


@both
def setsockopt(peer):
    ss = open_to(peer)
    ss.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    exchange(ss)
    ss.close()


@both
def fileno(peer):
    if not hasattr(socket.socket, "fileno"):
        raise Skip("sockets have no numbers on this port")
    s = tcp(getattr(peers, peer))
    number = s.fileno()
    ss = ssl.wrap_socket(s)
    equal(ss.fileno(), number)
    ss.close()


# ---- the end ----


@both
def peer_said_goodbye(peer):
    ss = open_to(peer)
    ss.write(b"send 3\nbye\n")
    equal(ss.recv(10), pattern(3))
    buf = bytearray(4)
    for _ in range(2):
        equal(ss.recv(10), b"")
        equal(ss.read(10), b"")
        equal(ss.read(), b"")
        equal(ss.readinto(buf), 0)
        equal(ss.recv_into(buf), 0)
        equal(ss.readline(), b"")
    ss.close()


@both
def shorter_read_at_the_end(peer):
    ss = open_to(peer)
    ss.write(b"send 3\nbye\n")
    buf = bytearray(10)
    equal(ss.readinto(buf), 3)
    equal(ss.read(10), b"")
    ss.close()


@both
def peer_vanished(peer):
    for method in ("recv", "read"):
        ss = open_to(peer)
        ss.write(b"send 3\ndrop\n")
        equal(ss.read(3), pattern(3))
        equal(getattr(ss, method)(10), b"")
        equal(ss.readline(), b"")
        equal(ss.readinto(bytearray(4)), 0)
        ss.close()


@both
def peer_vanished_and_somebody_cares(peer):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.check_hostname = False
    except AttributeError:
        pass
    context.verify_mode = ssl.CERT_NONE
    for method in ("recv", "read", "readline"):
        ss = context.wrap_socket(tcp(getattr(peers, peer)), suppress_ragged_eofs=False)
        ss.write(b"drop\n")
        raises(ssl.SSLEOFError, getattr(ss, method), *((10,) if method != "readline" else ()))
        ss.close()
    for method in ("recv_into", "readinto"):
        ss = context.wrap_socket(tcp(getattr(peers, peer)), suppress_ragged_eofs=False)
        ss.write(b"drop\n")
        raises(ssl.SSLEOFError, getattr(ss, method), bytearray(10))
        ss.close()
    ss = context.wrap_socket(tcp(getattr(peers, peer)), suppress_ragged_eofs=False)
    ss.write(b"drop\n")
    raises(ssl.SSLEOFError, json.load, ss)  # which reads it as a stream
    ss.close()
    ss = context.wrap_socket(tcp(getattr(peers, peer)), suppress_ragged_eofs=False)
    ss.write(b"bye\n")
    equal(ss.recv(10), b"")
    ss.close()


@both
def end_inside_a_record(peer):
    # Not ragged but cut: the data was never authenticated and is not delivered.
    ss = open_to(peer)
    ss.write(b"truncate\n")
    try:
        equal(ss.recv(100), b"")
    except ssl.SSLError:
        pass
    ss.close()


@both
def peer_reset(peer):
    ss = open_to(peer)
    ss.write(b"reset\n")
    try:
        got = ss.recv(10)
    except OSError as error:
        equal(error.errno, errno.ECONNRESET)
    else:
        true(peers.BOARD and got == b"", "no error, but %r" % got)
        raise Skip("the emulator's network handed the reset on as an end")
    finally:
        ss.close()


def lost(ss, function):
    # The first write may still go into the void; one soon fails.
    for _ in range(100):
        try:
            function()
        except OSError as error:
            true(error.errno in LOST, repr(error))
            return
        time.sleep_ms(20)
    raise AssertionError("a vanished peer took everything")


@both
def write_to_a_vanished_peer(peer):
    for method in ("send", "write", "sendall"):
        ss = open_to(peer)
        ss.write(b"reset\n")
        lost(ss, lambda: getattr(ss, method)(b"x" * 1000))
        lost(ss, lambda: ss.send(b"again"))
        ss.close()


@both
def broken_record_is_final(peer):
    forget()
    ss = open_to(peer)
    ss.write(b"garble\n")
    first = raises(ssl.SSLError, ss.recv, 10)
    for again in (lambda: ss.recv(10), lambda: ss.read(10), lambda: ss.readline(), lambda: ss.send(b"x"),
                  lambda: ss.write(b"x"), lambda: ss.sendall(b"x"), lambda: ss.readinto(bytearray(4))):
        equal(raises(ssl.SSLError, again).args, first.args)
    ss.close()
    true("BAD_RECORD_MAC" in report(peer)["end"], "no alert")


# ---- half of the connection ----


@both
def unwrap_returns_to_plain(peer):
    forget()
    s = tcp(getattr(peers, peer))
    ss = ssl.wrap_socket(s)
    exchange(ss)
    ss.write(b"bye\n")
    plain = ss.unwrap()
    true(isinstance(plain, socket.socket) and not isinstance(plain, ssl.SSLSocket), repr(plain))
    equal(plain.recv(1), b"")
    plain.close()
    equal(report(peer)["end"], "close_notify")


@both
def unwrap_first(peer):
    # We say goodbye, the peer answers, and both know that nothing is missing.
    forget()
    ss = open_to(peer)
    exchange(ss)
    plain = ss.unwrap()
    equal(plain.recv(1), b"")
    plain.close()
    equal(report(peer)["end"], "close_notify")


@both
def unwrap_from_a_peer_that_vanished(peer):
    # It may answer our goodbye with a reset.
    ss = open_to(peer)
    ss.write(b"drop\n")
    raises((ssl.SSLEOFError, ssl.SSLSyscallError), ss.unwrap)
    ss.close()


@both
def plain_bytes_behind_close_notify(peer):
    # They came before our own goodbye. Where they were read with the last record, who asks
    # for the plain socket is told that they are lost.
    ss = open_to(peer)
    ss.write(b"send 9\npart hello\n")
    time.sleep(0.3)
    equal(ss.recv(100), pattern(9))
    try:
        plain = ss.unwrap()
    except ssl.SSLError as error:
        true("plain" in words(error), words(error))
        ss.close()
    else:
        equal(plain.recv(6), b"hello\n")
        plain.close()


@both
def shutdown_of_writing(peer):
    # The peer sees the end of our data; what it still says arrives.
    forget()
    ss = open_to(peer)
    ss.write(b"after 200 send 5\n")
    ss.shutdown(1)
    raises((OSError, ValueError), ss.write, b"x")
    equal(ss.read(5), pattern(5))
    equal(ss.read(5), b"")
    ss.close()
    equal(report(peer)["end"], "close_notify")


@both
def shutdown_of_both(peer):
    forget()
    ss = open_to(peer)
    exchange(ss)
    ss.shutdown(2)
    equal(report(peer)["end"], "close_notify")
    ss.close()


@both
def shutdown_of_reading(peer):
    # Says nothing to the peer.
    ss = open_to(peer)
    ss.write(b"sink 6\n")  # of which the last never comes
    ss.shutdown(0)
    equal(ss.write(b"12345"), 5)
    for wrong in (-1, 3):
        raises(ValueError, ss.shutdown, wrong)
    if not peers.BOARD:
        equal(ss.recv(10), b"")
    ss.close()


run()
