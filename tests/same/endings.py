# How a connection ends: close_notify, without it, reset, half closed.
# differs: send after shutdown, *: CPython goes on without TLS; here TLS is still there, and shut down
from same import *
import socket

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def only(version):
    context = client()
    context.minimum_version = context.maximum_version = version
    return context


def mid(version, suppress):
    # A client's socket, and its server's end as an object whose bytes are moved by hand.
    plain_c, plain_s = tcp()
    plain_c.setblocking(False)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = only(version).wrap_socket(plain_c, server_hostname="localhost", do_handshake_on_connect=False, suppress_ragged_eofs=suppress)
    s = server("direct.pem").wrap_bio(incoming, outgoing, server_side=True)

    def push():
        data = outgoing.read()
        if data:
            plain_s.send(data)

    waiting = [c, s]
    while waiting:
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
            push()
            if end is c:
                plain_s.settimeout(0.2)
                got = outcome(plain_s.recv, 20000)
                if isinstance(got, bytes):
                    incoming.write(got)
    push()
    c.settimeout(5)
    plain_s.settimeout(5)
    return c, s, plain_s, push, incoming


for version, name in ((V12, "TLSv1.2"), (V13, "TLSv1.3")):
    for suppress in (True, False):
        where = ", %s%s" % (name, "" if suppress else ", told")

        c, s, below, push, incoming = mid(version, suppress)
        s.write(b"data")
        push()
        below.close()
        show("data before a cut" + where, c.recv(10))
        show("a cut" + where, outcome(c.recv, 10))
        show("a cut, again" + where, outcome(c.recv, 10))
        show("a cut, into a buffer" + where, outcome(c.recv_into, bytearray(10)))
        show("a cut, read" + where, outcome(c.read, 10))
        show("pending after a cut" + where, c.pending())
        show("close after a cut" + where, c.close())

        c, s, below, push, incoming = mid(version, suppress)
        s.write(b"half a line")
        push()
        below.close()
        file = c.makefile("rb")
        show("a line that is cut" + where, outcome(file.readline))
        c.close()

        c, s, below, push, incoming = mid(version, suppress)
        s.write(b"record")
        data = b"\x17\x03\x03\x00\x40" + bytes(10)
        push()
        below.send(data)
        below.close()
        show("a cut within a record" + where, (c.recv(10), outcome(c.recv, 10)))
        c.close()

        c, s, below, push, incoming = mid(version, suppress)
        s.write(b"data")
        outcome(s.unwrap)
        push()
        show("data before close_notify" + where, c.recv(10))
        show("close_notify" + where, (outcome(c.recv, 10), outcome(c.recv, 10), outcome(c.recv_into, bytearray(5)), outcome(c.read, 5)))
        show("pending after close_notify" + where, c.pending())
        show("write after close_notify" + where, outcome(c.send, b"late"))
        below.close()
        show("a cut after close_notify" + where, outcome(c.recv, 10))
        c.close()

# ---- two sockets ----

for version, name in ((V12, "TLSv1.2"), (V13, "TLSv1.3")):
    where = ", " + name

    c, s = linked(only(version))
    s.close()
    show("the other has closed" + where, outcome(c.recv, 10))
    outcome(lambda: [c.send(b"x" * 1000) for _ in range(100)])
    show("writing to it" + where, outcome(lambda: [c.send(b"x" * 1000) for _ in range(100)]) in ("OSError", "SSLEOFError", "SSLSyscallError", "SSLError"))
    c.close()

    c, s = linked(only(version))
    c.sendall(b"request")
    show("shutdown for writing" + where, outcome(c.shutdown, socket.SHUT_WR if hasattr(socket, "SHUT_WR") else 1))
    show("the other sees the end" + where, (exactly(s, 7), outcome(s.recv, 5)))
    show("send after shutdown" + where, outcome(c.send, b"x"))
    c.close()
    s.close()

    c, s = linked(only(version))
    show("shutdown for both" + where, outcome(c.shutdown, 2))
    show("the other sees the end of both" + where, outcome(s.recv, 5))
    c.close()
    s.close()

    c, s = linked(only(version))
    show("wrong shutdown" + where, outcome(c.shutdown, 3) in ("OSError", "ValueError"))
    show("shutdown without a number" + where, outcome(c.shutdown))
    c.close()
    s.close()

    # A reset: closed with input that nobody has read.
    c, s = linked(only(version))
    c.sendall(b"x" * 100000)
    s.close()
    outcome(lambda: [c.send(b"x" * 1000) for _ in range(100)])
    show("reset" + where, outcome(lambda: [c.send(b"x" * 1000) for _ in range(100)]) in ("OSError", "SSLEOFError", "SSLSyscallError"))
    c.close()

    # Both at once.
    c, s = linked(only(version))
    c.close()
    s.close()
    show("both have closed" + where, (outcome(c.recv, 1), outcome(s.recv, 1)))
