# unwrap(): the end of TLS on a connection that goes on without it.
# differs: is it still an SSLSocket, *: what was wrapped comes back, not the wrapper without TLS
# differs: unwrap again, *: the wrapper is closed then: EBADF
# differs: what is known of the wrapper, *: the same
# differs: with data unread, *: what was not read is dropped
# differs: the plain socket after close of the wrapper, *: the wrapper has let go of it
from same import *
import socket

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def only(version):
    context = client()
    context.minimum_version = context.maximum_version = version
    return context


for version, name in ((V12, "TLSv1.2"), (V13, "TLSv1.3")):
    where = ", " + name

    c, s = linked(only(version))
    c.sendall(b"secret")
    exactly(s, 6)
    done = beside(s.unwrap)
    plain_c = c.unwrap()
    plain_s = done()
    show("kinds" + where, (isinstance(plain_c, socket.socket), isinstance(plain_s, socket.socket)))
    show("is it still an SSLSocket" + where, isinstance(plain_c, ssl.SSLSocket))
    plain_c.settimeout(5)
    plain_s.settimeout(5)
    plain_c.send(b"plain")
    show("plain bytes" + where, exactly(plain_s, 5))
    plain_s.send(b"words")
    show("and back" + where, exactly(plain_c, 5))
    show("unwrap again" + where, outcome(c.unwrap))
    show("what is known of the wrapper" + where, [outcome(getattr(c, call)) for call in ("version", "cipher", "pending")])

    # TLS again on the same connection.
    done = beside(lambda: server("direct.pem").wrap_socket(plain_s, server_side=True))
    c = only(version).wrap_socket(plain_c, server_hostname="localhost")
    s = done()
    c.sendall(b"again")
    show("TLS again" + where, (exactly(s, 5), c.version()))
    c.close()
    s.close()

    c, s = linked(only(version))
    show("a peer that does not answer" + where, (c.settimeout(0.2), outcome(c.unwrap)))
    c.close()
    s.close()

    c, s = linked(only(version))
    done = beside(lambda: (s.recv(10), s.unwrap() and None))
    show("the other reads the end first" + where, isinstance(outcome(c.unwrap), socket.socket))
    show("and unwraps then" + where, done())

    c, s = linked(only(version))
    s.sendall(b"unread")
    import time
    time.sleep(0.1)
    done = beside(s.unwrap)
    show("with data unread" + where, isinstance(outcome(c.unwrap), socket.socket))
    c.close()
    done()
    s.close()

    c, s = linked(only(version))
    done = beside(s.unwrap)
    below = c.unwrap()
    c.close()
    done()
    show("the plain socket after close of the wrapper" + where, outcome(below.send, b"x"))
    below.close()
