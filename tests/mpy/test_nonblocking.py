# Would-block: what each call gives, and that nothing is lost or doubled.
# peers: tls12 tls13 silent
# timeout: 120
import binascii
import errno
import io
import select
from harness import *

import ssl

BIG = 8000000  # more than the kernel's buffers on loopback hold


def open_to(peer):
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    return ss


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


def quiet(ss):
    # TLS 1.3 tickets may still arrive: take them in first.
    exchange(ss)
    ss.setblocking(False)


@both
def nothing_to_read(peer):
    ss = open_to(peer)
    quiet(ss)
    for _ in range(3):
        raises(OSError, ss.recv, 10, errno=errno.EAGAIN)
        raises(OSError, ss.recv_into, bytearray(4), errno=errno.EAGAIN)
        equal(ss.read(10), None)
        equal(ss.read(), None)
        equal(ss.readinto(bytearray(4)), None)
        equal(ss.readline(), None)
    ss.setblocking(True)
    exchange(ss)
    ss.close()


@both
def the_same_as_the_ports_own_socket(peer):
    s = tcp(peers.silent)
    s.setblocking(False)
    ss = open_to(peer)
    quiet(ss)
    for name, args in (("read", (4,)), ("readinto", (bytearray(4),)), ("readline", ())):
        equal(getattr(ss, name)(*args), getattr(s, name)(*args))
    plain = raises(OSError, s.recv, 4)
    raises(OSError, ss.recv, 4, errno=plain.errno)
    s.close()
    ss.close()


@both
def settimeout_zero(peer):
    ss = open_to(peer)
    exchange(ss)
    ss.settimeout(0)
    raises(OSError, ss.recv, 10, errno=errno.EAGAIN)
    equal(ss.read(10), None)
    ss.settimeout(None)
    exchange(ss)
    ss.close()


@both
def a_part_is_a_result(peer):
    # What is there is given; the rest comes later.
    ss = open_to(peer)
    exchange(ss)
    ss.write(b"send 3\nafter 400 send 3\n")
    ss.setblocking(False)
    got = b""
    clock = Clock()
    while len(got) < 6 and clock() < 5:
        got += ss.read(10) or b""
        time.sleep_ms(10)
    equal(got, pattern(3) * 2)
    ss.close()


@both
def line_in_pieces(peer):
    # A partial line is kept, or given and continued: nothing of it is lost.
    ss = open_to(peer)
    exchange(ss)
    ss.write(b"slow 11 20\n")  # the eleventh byte is the newline
    ss.setblocking(False)
    got = b""
    clock = Clock()
    while not got.endswith(b"\n") and clock() < 5:
        got += ss.readline() or b""
        time.sleep_ms(5)
    equal(got, pattern(11))
    ss.close()


@both
def end_is_not_would_block(peer):
    ss = open_to(peer)
    quiet(ss)
    ss.setblocking(True)
    ss.write(b"bye\n")
    equal(ss.recv(1), b"")
    ss.setblocking(False)
    equal(ss.recv(1), b"")
    equal(ss.read(1), b"")
    equal(ss.readline(), b"")
    ss.close()


def flood(peer, put):
    # Write into a peer that does not read until put says it would block, then go on.
    ss = open_to(peer)
    ss.write(b"hold sink %d\n" % BIG)
    ss.setblocking(False)
    block = memoryview(pattern(50000))
    sent, start, crc, blocked = 0, 0, 0, 0
    poller = select.poll()
    poller.register(ss, select.POLLOUT)
    clock = Clock()
    while sent < BIG:
        true(clock() < 60, "stuck")
        count = put(ss, block[start:start + BIG - sent])
        if count is None:
            if not blocked:
                order(do="release")
            blocked += 1
            poller.poll(1000)
            continue
        crc = binascii.crc32(block[start:start + count], crc)
        sent += count
        start = (start + count) % len(block)
    true(blocked, "never would block")
    # The last record's rest goes out with the next call or poll.
    ss.setblocking(True)
    equal(int(ss.readline()), crc)
    exchange(ss)
    ss.close()


def by_write(ss, data):
    return ss.write(data)


def by_send(ss, data):
    try:
        return ss.send(data)
    except OSError as error:
        equal(error.errno, errno.EAGAIN)
        return None


for _peer in ("tls12", "tls13"):
    case("write until it would block, " + _peer, flood, _peer, by_write)
    case("send until it would block, " + _peer, flood, _peer, by_send)


@both
def sendall_that_takes_nothing(peer):
    ss = open_to(peer)
    ss.write(b"hold echo 0\n")
    ss.setblocking(False)
    chunk = b"\n" * 16000
    clock = Clock()
    while clock() < 20:
        try:
            ss.send(chunk)
        except OSError as error:
            equal(error.errno, errno.EAGAIN)
            break
    raises(OSError, ss.sendall, b"x" * 100, errno=errno.EAGAIN)
    order(do="release")
    ss.close()


@both
def handshake_without_blocking(peer):
    s = tcp(getattr(peers, peer))
    s.setblocking(False)
    ss = ssl.wrap_socket(s, do_handshake=False)
    poller = select.poll()
    poller.register(ss, select.POLLIN)
    steps = 0
    while steps < 50:
        try:
            ss.do_handshake()
            break
        except ssl.SSLWantReadError:
            steps += 1
            true(poller.poll(3000), "poll saw nothing")
    true(steps < 50, "no end")
    ss.setblocking(True)
    exchange(ss)
    ss.close()


@both
def wrapping_waits(peer):
    # Programs set a socket not to wait, wrap it, and write without a look at the count.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_NONE
    for wrap in (ssl.wrap_socket, context.wrap_socket):
        s = tcp(getattr(peers, peer))
        s.setblocking(False)
        ss = wrap(s)
        equal(ss.write(b"say hello\n"), 10)
        equal(ss.read(1) in (None, b"h"), True)
        ss.close()


@test
def wrapping_waits_no_longer_than_the_deadline():
    s = tcp(peers.silent)
    s.setblocking(False)
    clock = Clock()
    raises(ssl.SSLTimeoutError, ssl.wrap_socket, s, timeout=0.3)
    true(0.2 < clock() < 5, "%r s" % clock())
    s.close()


@test
def programs_go_on_by_the_number_they_know():
    # Pycom's go on with a handshake while it is SSL_TIMEOUT, CPython's while it is
    # SSL_ERROR_WANT_READ or SSL_ERROR_WANT_WRITE.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_NONE
    for ss, known in ((ssl.wrap_socket(tcp(peers.silent), do_handshake=False), ssl.SSL_TIMEOUT),
                      (context.wrap_socket(tcp(peers.silent), do_handshake_on_connect=False), ssl.SSL_ERROR_WANT_READ)):
        ss.setblocking(False)
        for _ in range(2):
            equal(raises(ssl.SSLWantReadError, ss.do_handshake).args[0], known)
        ss.close()


@both
def handshake_in_first_io_without_blocking(peer):
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)), do_handshake=False)
    ss.setblocking(False)
    poller = select.poll()
    poller.register(ss, select.POLLIN | select.POLLOUT)
    clock = Clock()
    count = None
    while not count and clock() < 5:
        count = ss.write(b"say hello\n")
        poller.poll(100)
    equal(count, 10)
    line = None
    while not line and clock() < 5:
        line = ss.readline()
        poller.poll(10)
    equal(line, b"hello\n")
    ss.close()


@test
def handshake_with_a_silent_peer_would_block():
    ss = ssl.wrap_socket(tcp(peers.silent), do_handshake=False)
    ss.setblocking(False)
    for _ in range(3):
        raises(ssl.SSLWantReadError, ss.do_handshake)
        raises(OSError, ss.recv, 1, errno=errno.EAGAIN)
        raises(OSError, ss.send, b"x", errno=errno.EAGAIN)
        equal(ss.read(1), None)
        equal(ss.write(b"x"), None)
    ss.close()


@both
def both_directions_full(peer):
    # Nobody reads for longer than TCP waits before it asks again. The program is not held
    # up by that, and the connection goes on; but lwIP and the emulator's TCP, with both
    # windows shut, may wait for each other for ever.
    ss = open_to(peer)
    ss.write(b"flood\n")
    ss.setblocking(False)
    clock = Clock()
    while clock() < 4:
        if ss.write(bytes(16000)) is None:
            time.sleep(0.05)
    clock.between(4, 15)
    ss.settimeout(5)
    for _ in range(0 if peers.BOARD else 50):
        true(ss.read(16000) == bytes(16000), "not what was sent")
    ss.close()


@both
def write_after_a_blocked_shutdown(peer):
    # close_notify waits for room: no data may seem to follow it.
    forget()
    ss = open_to(peer)
    ss.setblocking(False)
    head = b"hold sink 1000000000\n"
    sent = ss.write(head)
    idle = Clock()
    while idle() < 0.5:
        try:
            sent, idle = sent + ss.send(bytes(16000)), Clock()
        except OSError as error:
            equal(error.errno, errno.EAGAIN)
    raises(OSError, ss.shutdown, 1, errno=errno.EAGAIN)
    order(do="release")
    ss.settimeout(10)
    raises((OSError, ValueError), ss.write, b"more")
    ss.shutdown(1)
    ss.close()
    seen = report(peer)
    equal((seen["received"], seen["end"]), (sent, "close_notify"))


# ---- the last byte of a write of which not all has left ----


class Strait(io.IOBase):
    # One end of two queues of bytes, which takes so many bytes more.
    def __init__(self, incoming, outgoing):
        self.incoming, self.outgoing, self.room = incoming, outgoing, BIG

    def write(self, data):
        took = bytes(data[:self.room])
        self.room -= len(took)
        if took:
            self.outgoing.append(took)
        return len(took) or None

    def readinto(self, buf):
        if not self.incoming:
            return None
        data = self.incoming.pop(0)
        if len(data) > len(buf):
            self.incoming.insert(0, data[len(buf):])
        n = min(len(data), len(buf))
        buf[:n] = data[:n]
        return n

    def ioctl(self, request, arg):
        if request == 3:  # MP_STREAM_POLL
            return arg & ((1 if self.incoming else 0) | (4 if self.room else 0))
        return 0 if request == 4 else -1


def strait():
    up, down = [], []
    ends = Strait(down, up), Strait(up, down)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(pki("root-ecdsa.pem"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pki("server-ecdsa.chain.pem"), pki("server-ecdsa.key"))
    both = (client.wrap_socket(ends[0], server_hostname="localhost", do_handshake_on_connect=False),
            server.wrap_socket(ends[1], server_side=True, do_handshake_on_connect=False))
    for _ in range(200):
        for i, ss in enumerate(both):
            ss.setblocking(False)
            try:
                ss.do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
    return both, ends[0]


def nothing(ss, wire, data):
    return 0


def flush(ss, wire, data):
    ss.flush()
    return 0


def empty(ss, wire, data):
    ss.write(b"")
    ss.send(b"")
    return 0


def send_rest(ss, wire, data):
    wire.room = BIG
    return ss.send(data)


def sendall_rest(ss, wire, data):
    wire.room = BIG
    equal(ss.sendall(data), None)
    return len(data)


@test
def a_byte_held_back_goes_out_once():
    sent = bytes(range(1, 256)) * 8
    for meanwhile in (nothing, flush, empty, send_rest, sendall_rest):
        (client, server), wire = strait()
        wire.room = 3
        done = client.write(sent)
        equal(done, len(sent) - 1)
        done += meanwhile(client, wire, sent[done:])
        wire.room = BIG
        if done < len(sent):
            equal(client.write(sent[done:]), 1)
        client.close()
        got = b""
        while True:
            piece = server.read(4000)
            if not piece:
                break
            got += piece
        true(got == sent, "%s: %d bytes" % (meanwhile.__name__, len(got)))
        server.close()


run()
