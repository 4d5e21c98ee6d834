# Sockets that never wait.
# differs: nothing to read, read, *: None, as of the port's streams
# differs: nor with write, *: the same
# differs: the errno, *: EAGAIN, as of the port's sockets
# differs: do_handshake_on_connect: wrap_socket starts the handshake, do_handshake goes on with it
from same import *
import select
import socket

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def both(version=V13):
    context = client()
    context.maximum_version = version
    plain_c, plain_s = tcp()
    plain_c.setblocking(False)
    plain_s.setblocking(False)
    c = context.wrap_socket(plain_c, server_hostname="localhost", do_handshake_on_connect=False)
    s = server("direct.pem").wrap_socket(plain_s, server_side=True, do_handshake_on_connect=False)
    return c, s


def errno_of(function, *args):
    try:
        function(*args)
    except OSError as error:
        return error.errno, isinstance(error.strerror, str), error.reason, error.library


def settle():
    import time
    time.sleep(0.05)


def ready(end, event):
    # Whether poll tells it within a second.
    poller = select.poll()
    poller.register(end, event)
    return bool([mask for _, mask in poller.poll(1000) if mask & event])


def idle(end):
    poller = select.poll()
    poller.register(end, select.POLLIN)
    return not poller.poll(100)


for version, name in ((V12, "TLSv1.2"), (V13, "TLSv1.3")):
    where = ", " + name
    c, s = both(version)
    show("first step of the client" + where, outcome(c.do_handshake))
    show("again" + where, outcome(c.do_handshake))
    show("the server's first step" + where, (ready(s, select.POLLIN), outcome(s.do_handshake)))
    show("the client's turn" + where, ready(c, select.POLLIN))
    finish(c, s)
    show("done" + where, (c.version(), s.version(), outcome(c.do_handshake)))
    settle()
    while isinstance(outcome(c.recv, 10), bytes):
        pass
    show("nothing to read" + where, [outcome(getattr(c, call), arg) for call, arg in (("recv", 5), ("recv_into", bytearray(5)))])
    show("the errno" + where, errno_of(c.recv, 5))
    show("nothing to read, read" + where, outcome(c.read, 5))
    show("idle" + where, idle(c))
    show("writable" + where, ready(c, select.POLLOUT))
    s.send(b"0123456789")
    show("readable" + where, ready(c, select.POLLIN))
    show("a part" + where, (c.recv(4), c.pending()))
    show("the rest" + where, (c.recv(100), c.pending(), outcome(c.recv, 100) in ("OSError", "SSLWantReadError")))
    show("write" + where, (c.send(b"abc"), c.write(b"def"), c.sendall(b"ghi"), c.send(b"")))
    settle()
    got = b""
    while len(got) < 9:
        piece = outcome(s.recv, 9)
        got += piece if isinstance(piece, bytes) else b""
    show("what arrives" + where, got)

    sent = 0
    piece = bytes(10000)
    while True:
        n = outcome(c.send, piece)
        if not isinstance(n, int):
            break
        sent += n
    show("nobody reads" + where, n)
    show("nor with write" + where, outcome(c.write, piece))
    show("not writable" + where, not ready(c, select.POLLOUT))
    got = 0
    while got < sent:
        data = outcome(s.recv, 16384)
        got += len(data) if isinstance(data, bytes) else 0
    show("writable again" + where, ready(c, select.POLLOUT))

    s.close()
    show("readable at the end" + where, ready(c, select.POLLIN))
    settle()
    while outcome(c.recv, 20000) not in (b"", "OSError", "SSLSyscallError"):
        pass
    c.close()

c, s = both()
show("read before the handshake", outcome(c.recv, 1))
c.close()
s.close()
c, s = both()
show("write before the handshake", outcome(c.send, b"x"))
c.close()
s.close()

c, s = both()
outcome(c.do_handshake)
s.close()
settle()
show("a peer that leaves during the handshake", outcome(c.do_handshake) in ("SSLEOFError", "SSLSyscallError", "OSError"))
c.close()

c, s = both()
finish(c, s)
show("unwrap", outcome(c.unwrap))
show("the other unwraps", isinstance(outcome(s.unwrap), socket.socket))
settle()
show("and it again", isinstance(outcome(c.unwrap), socket.socket))

plain_c, plain_s = tcp()
plain_c.setblocking(False)
show("do_handshake_on_connect", outcome(lambda: type(client().wrap_socket(plain_c, server_hostname="localhost")).__name__))
plain_c.close()
plain_s.close()

# A connect that is under way.
waiting, address = listener()
sock = socket.socket()
sock.setblocking(False)
outcome(sock.connect, address)
conn = waiting.accept()[0]
conn.setblocking(False)
settle()
c = client().wrap_socket(sock, server_hostname="localhost", do_handshake_on_connect=False)
s = server("direct.pem").wrap_socket(conn, server_side=True, do_handshake_on_connect=False)
finish(c, s)
show("connected without waiting", c.version() is not None)
c.close()
s.close()

# Accept.
tls = server("direct.pem").wrap_socket(waiting, server_side=True)
tls.setblocking(False)
show("nobody to accept", outcome(tls.accept))
tls.close()
