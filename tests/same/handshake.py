# When the handshake runs, and what comes of it.
# differs: the socket after a wrap that failed: it stays open, and the caller's
# differs: the socket below a wrapped one: it is the wrapper's, and still knows its descriptor
# differs: no client certificate, *: the server's error is of the subclass that is about certificates
from same import *
import socket


def serve(waiting, action, context=None):
    # Takes one client and gives its wrapped socket to action.
    def run():
        conn = waiting.accept()[0]
        conn.settimeout(5)
        try:
            with (context or server("direct.pem")).wrap_socket(conn, server_side=True) as ss:
                return action(ss)
        finally:
            conn.close()
    return beside(run)


def served(action, context=None):
    waiting, address = listener()
    return address, serve(waiting, action, context), waiting


def new_socket():
    sock = socket.socket()
    sock.settimeout(5)
    return sock


# ---- in connect, at once, or later ----

address, done, waiting = served(lambda ss: (ss.sendall(b"hi"), ss.recv(5))[1])
c = client().wrap_socket(new_socket(), server_hostname="localhost")
show("before connect", (c.version(), c.cipher(), outcome(c.do_handshake)))
show("connect", c.connect(address))
show("after connect", (c.version(), c.session_reused, exactly(c, 2), c.send(b"hello")))
show("connect a second time", outcome(c.connect, address) in ("ValueError", "OSError"))
show("do_handshake after connect", c.do_handshake())
c.close()
show("what the server read", done())
waiting.close()

address, done, waiting = served(lambda ss: ss.recv(5))
sock = new_socket()
sock.connect(address)
c = client().wrap_socket(sock, server_hostname="localhost")
show("a connected socket", c.version() is not None)
show("the socket below a wrapped one", outcome(sock.fileno) == -1)
c.sendall(b"world")
c.close()
show("what the server read of it", done())
waiting.close()

address, done, waiting = served(lambda ss: ss.recv(5))
c = client().wrap_socket(new_socket(), server_hostname="localhost", do_handshake_on_connect=False)
c.connect(address)
show("not in connect", (c.version(), c.cipher(), c.session, c.session_reused, outcome(c.getpeercert)))
show("do_handshake", c.do_handshake())
show("and then", c.version() is not None)
show("twice", c.do_handshake())
c.sendall(b"later")
c.close()
show("what the server read then", done())
waiting.close()

for call, args in (("write", (b"first",)), ("send", (b"first",)), ("sendall", (b"first",))):
    address, done, waiting = served(lambda ss: exactly(ss, 5))
    c = client().wrap_socket(new_socket(), server_hostname="localhost", do_handshake_on_connect=False)
    c.connect(address)
    getattr(c, call)(*args)
    show("%s makes the handshake" % call, (c.version() is not None, done()))
    c.close()
    waiting.close()

for call, args in (("recv", (5,)), ("read", (5,)), ("recv_into", (bytearray(5),))):
    address, done, waiting = served(lambda ss: ss.sendall(b"hello"))
    c = client().wrap_socket(new_socket(), server_hostname="localhost", do_handshake_on_connect=False)
    c.connect(address)
    show("%s makes the handshake" % call, (getattr(c, call)(*args), c.version() is not None, done()))
    c.close()
    waiting.close()

address, done, waiting = served(lambda ss: ss.recv(1))
c = client().wrap_socket(new_socket(), server_hostname="localhost", do_handshake_on_connect=False)
c.connect(address)
show("unwrap before the handshake", outcome(c.unwrap))
c.close()
show("the server then", done() in (b"", "SSLEOFError", "SSLSyscallError", "OSError", "SSLError"))
waiting.close()

# ---- a listener that is wrapped ----

for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    where = ", TLS 0x%04x" % version
    plain, address = listener()
    waiting = server("direct.pem").wrap_socket(plain, server_side=True)
    waiting.settimeout(5)

    def serve_one():
        ss, peer = waiting.accept()
        with ss:
            ss.settimeout(5)
            ss.sendall(exactly(ss, 4) + b"!")
            return isinstance(ss, ssl.SSLSocket), ss.server_side, ss.version(), ss.context is waiting.context, ss.server_hostname

    context = client()
    context.maximum_version = version
    done = beside(serve_one)
    c = context.wrap_socket(new_socket(), server_hostname="localhost")
    c.connect(address)
    c.sendall(b"echo")
    show("accept" + where, (exactly(c, 5), done(), c.version()))
    c.close()

    done = beside(waiting.accept)
    sock = new_socket()
    sock.connect(address)
    sock.send(b"GET / HTTP/1.0\r\n\r\n")
    show("accept of a client that speaks no TLS" + where, done())
    sock.close()
    done = beside(waiting.accept)
    sock = new_socket()
    sock.connect(address)
    sock.close()
    show("accept of a client that leaves" + where, done() in ("OSError", "SSLEOFError", "SSLSyscallError"))
    done = beside(serve_one)
    c = context.wrap_socket(new_socket(), server_hostname="localhost")
    c.connect(address)
    c.sendall(b"echo")
    show("accept after those" + where, (exactly(c, 5), done()[:3]))
    c.close()
    waiting.close()

plain, address = listener()
waiting = server("direct.pem").wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
waiting.settimeout(5)


def serve_later():
    ss, peer = waiting.accept()
    ss.settimeout(5)
    before = ss.version()
    ss.do_handshake()
    with ss:
        ss.sendall(b"x")
        return before, ss.version() is not None


done = beside(serve_later)
c = client().wrap_socket(new_socket(), server_hostname="localhost")
c.connect(address)
show("accept without a handshake", (exactly(c, 1), done()))
c.close()
waiting.close()

# ---- failures ----


def refused(context, server_context, name="localhost", **named):
    # What both ends see; the client reads, because in TLS 1.3 it hears of the server's verdict late.
    address, done, waiting = served(lambda ss: ss.recv(1), server_context)
    c = context.wrap_socket(new_socket(), server_hostname=name, **named)

    def talk():
        c.connect(address)
        return c.recv(1)

    mine = outcome(talk)
    after = outcome(c.recv, 1)
    c.close()
    theirs = done()
    waiting.close()
    return mine, theirs, after != b""


def only(context, version):
    context.minimum_version = context.maximum_version = version
    return context


for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    where = ", TLS 0x%04x" % version
    show("unknown CA" + where, refused(only(client("other-root.pem"), version), None)[:2])
    show("wrong name" + where, refused(only(client(), version), None, "example.com")[:2])
    picky = only(server("direct.pem"), version)
    picky.verify_mode = ssl.CERT_REQUIRED
    picky.load_verify_locations(PKI + "root-ecdsa.pem")
    show("no client certificate" + where, refused(only(client(), version), picky)[:2])

old = only(server("direct.pem"), ssl.TLSVersion.TLSv1_2)
show("no version in common", refused(only(client(), ssl.TLSVersion.TLSv1_3), old)[:2])
new = only(server("direct.pem"), ssl.TLSVersion.TLSv1_3)
show("no version in common, the other way", refused(only(client(), ssl.TLSVersion.TLSv1_2), new)[:2])

c, s = tcp()
c.settimeout(5)
s.send(b"220 mail.example.com ESMTP\r\n")
show("a server that speaks no TLS", outcome(lambda: client().wrap_socket(c, server_hostname="localhost")))
show("the socket after a wrap that failed", outcome(c.send, b"x"))
c.close()
s.close()

c, s = tcp()
c.settimeout(5)
s.close()
show("a server that has gone", outcome(lambda: client().wrap_socket(c, server_hostname="localhost")) in ("SSLEOFError", "OSError", "SSLSyscallError"))
c.close()

c, s = tcp()
c.settimeout(5)
c = client().wrap_socket(c, server_hostname="localhost", do_handshake_on_connect=False)
s.send(b"220 mail.example.com ESMTP\r\n")
show("do_handshake that fails", outcome(c.do_handshake))
show("what is known after that", (c.version(), c.cipher(), c.session_reused, outcome(c.getpeercert)))
show("is it usable after that", [outcome(getattr(c, call), *args) in ("SSLError", "SSLEOFError", "SSLSyscallError", "OSError", "SSLZeroReturnError", b"")
                                 for call, args in (("do_handshake", ()), ("recv", (1,)), ("send", (b"x",)))])
show("close after that", c.close())
s.close()
