# SSLContext.wrap_socket: its arguments, and which error comes first.
# differs: a session of a wrong type: told at once, not in connect
# differs: a session number: the same
# differs: a NUL in the name: one class for all wrong names
# differs: a number for a name: CPython does not look at the type
# differs: a list for a name: the same
# differs: a bytearray for a name: a name is a str or bytes
# differs: a name on a server: not looked at, as in MicroPython
# differs: server_side with a client's context: told for what it is; a ValueError too
# differs: a connected socket, a wrong side: the same
# differs: a client with a server's context: told at once, not in connect
# differs: which is still there after a wrong session: a failed wrap leaves the socket open
# differs: set server_side: read only
# differs: not connected, read: ENOTCONN, as of recv
# differs: not connected, write: ENOTCONN, as of send
# differs: not connected, unwrap: ENOTCONN, as of shutdown
# differs: sendto: refused whether connected or not
# differs: recvfrom: the same
# differs: connect again: EISCONN, as of a plain socket
from same import *
import socket

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def fresh():
    return socket.socket()


def wrap(*args, **named):
    # With a context of a client's.
    return outcome(lambda: type(client().wrap_socket(*args, **named)).__name__)


def wrap_server(*args, **named):
    return outcome(lambda: type(server("direct.pem").wrap_socket(*args, **named)).__name__)


# ---- what is given ----

show("no socket", wrap())
show("None for a socket", outcome(lambda: client().wrap_socket(None, server_hostname="localhost")) in ("TypeError", "AttributeError"))
show("a number for a socket", outcome(lambda: client().wrap_socket(5, server_hostname="localhost")) in ("TypeError", "AttributeError"))
show("unknown keyword", wrap(fresh(), server_hostname="localhost", colour=1))
show("a client", wrap(fresh(), server_hostname="localhost"))
show("a server", wrap_server(fresh(), server_side=True))
show("all by position", wrap(fresh(), False, True, True, "localhost", None))
show("four by position", wrap(fresh(), False, True, True, "localhost"))
show("all by keyword", wrap(sock=fresh(), server_side=False, do_handshake_on_connect=True, suppress_ragged_eofs=True,
                            server_hostname="localhost", session=None))
show("twice the same", wrap(fresh(), False, server_side=False, server_hostname="localhost"))
show("a number for a truth", wrap(fresh(), server_side=0, server_hostname="localhost", do_handshake_on_connect=0))
show("a session of a wrong type", wrap(fresh(), server_hostname="localhost", session="x"))
show("a session number", wrap(fresh(), server_hostname="localhost", session=5))

# ---- names ----

for name in ("localhost", "LOCALHOST", "a.b.c", "a", "127.0.0.1", "::1", "x" * 63 + ".example", "localhost.", "a_b.example"):
    show("name %r" % name, wrap(fresh(), server_hostname=name))
show("no name", wrap(fresh()))
show("None for a name", wrap(fresh(), server_hostname=None))
show("an empty name", wrap(fresh(), server_hostname=""))
show("a dot first", wrap(fresh(), server_hostname=".example.com"))
show("a NUL in the name", wrap(fresh(), server_hostname="a\0b") in ("ValueError", "TypeError"))
show("a number for a name", wrap(fresh(), server_hostname=5))
show("bytes for a name", wrap(fresh(), server_hostname=b"localhost"))
show("a bytearray for a name", wrap(fresh(), server_hostname=bytearray(b"localhost")))
show("a list for a name", wrap(fresh(), server_hostname=["localhost"]))

context = client()
context.check_hostname = False
show("no name and no check", outcome(lambda: type(context.wrap_socket(fresh())).__name__))
show("a name on a server", wrap_server(fresh(), server_side=True, server_hostname="localhost"))
show("a session on a server", wrap_server(fresh(), server_side=True, session=None))

# ---- sides ----

show("server_side with a client's context", wrap(fresh(), server_side=True))
show("a client with a server's context", wrap_server(fresh(), server_side=False, server_hostname="localhost"))
show("a server without a certificate", outcome(lambda: type(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_socket(fresh(), server_side=True)).__name__))

# ---- kinds of sockets ----

datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
show("a datagram socket", outcome(lambda: client().wrap_socket(datagram, server_hostname="localhost")) in ("NotImplementedError", "TypeError"))
datagram.close()

# ---- what it makes ----

context = client()
plain = fresh()
ss = context.wrap_socket(plain, server_hostname="localhost")
show("kinds", (isinstance(ss, ssl.SSLSocket), isinstance(ss, socket.socket), issubclass(ssl.SSLSocket, socket.socket)))
show("attributes", (ss.server_side, ss.server_hostname, ss.session, ss.session_reused))
show("the context", ss.context is context)
show("what is known of it", (ss.version(), ss.cipher(), ss.selected_alpn_protocol(), ss.pending()))
show("getpeercert", outcome(ss.getpeercert))
show("set server_side", outcome(setattr, ss, "server_side", True))
show("delete context", outcome(delattr, ss, "context"))
ss.close()
show("the constructor", outcome(ssl.SSLSocket))
show("the constructor with a socket", outcome(ssl.SSLSocket, fresh()))

# ---- not connected ----

for call in ("recv", "read", "send", "sendall", "write", "recv_into", "do_handshake", "unwrap", "shutdown", "getpeercert", "pending",
             "version", "cipher"):
    ss = client().wrap_socket(fresh(), server_hostname="localhost")
    args = {"recv": (5,), "read": (5,), "send": (b"x",), "sendall": (b"x",), "write": (b"x",), "recv_into": (bytearray(5),),
            "shutdown": (2,)}.get(call, ())
    show("not connected, " + call, outcome(getattr(ss, call), *args))
    ss.close()

ss = client().wrap_socket(fresh(), server_hostname="localhost")
show("sendto", outcome(ss.sendto, b"x", ("127.0.0.1", 9)))
show("recvfrom", outcome(ss.recvfrom, 5))
sock, address = listener()
sock.close()
show("connect where nobody listens", outcome(ss.connect, address))
ss.close()

ss = server("direct.pem").wrap_socket(fresh(), server_side=True)
show("connect a server's socket", outcome(ss.connect, address))
show("accept on one that does not listen", outcome(ss.accept))
ss.close()
show("accept on a client's", outcome(client().wrap_socket(fresh(), server_hostname="localhost").accept))

# ---- connected ----

c, s = tcp()
ss = client().wrap_socket(c, server_hostname="localhost", do_handshake_on_connect=False)
show("without a handshake", (ss.version(), ss.cipher(), ss.session_reused, outcome(ss.getpeercert)))
show("connect again", outcome(ss.connect, address))
ss.close()
s.close()

c, s = tcp()
for what, named in (("no name", {}), ("a wrong name", {"server_hostname": ""}), ("a wrong session", {"server_hostname": "localhost", "session": 5}),
                    ("a wrong side", {"server_side": True})):
    show("a connected socket, " + what, outcome(lambda: client().wrap_socket(c, **named)))
    show("which is still there after " + what, outcome(lambda: (c.send(b"x"), s.recv(1))))
    if outcome(c.send, b"x") != 1:
        c, s = tcp()
    else:
        s.recv(1)
c.close()
s.close()
