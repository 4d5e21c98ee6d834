# SSLObject: TLS between two MemoryBIOs.
# differs: shared_ciphers: not there: what the client offered is not kept
# differs: read after that: the same
# differs: write a str, *: MicroPython takes a str where bytes are wanted
# differs: read by keyword, *: methods of types in C take their arguments by position
# differs: read after unwrap, *: the end is b'' whoever asked for it first
# differs: unwrap with data unread, *: what was not read is dropped
# differs: write after a cut, *: the other direction still works
# differs: unwrap after a cut, *: the cut, as in read
# differs: a forged record, again, *: the first fatal error is raised again by every later call
# differs: write after a forged record, *: the same
# differs: verify_client_post_handshake of a client: not there: mbedTLS has no authentication after the handshake
from same import *

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def only(context, version):
    context.minimum_version = context.maximum_version = version
    return context


def bios(**named):
    return client().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost", **named)


# ---- making one ----

bio = ssl.MemoryBIO
show("the constructor", outcome(ssl.SSLObject))
show("no MemoryBIOs", outcome(client().wrap_bio, 1, 2, server_hostname="localhost"))
show("one None", outcome(client().wrap_bio, bio(), None, server_hostname="localhost"))
show("only one", outcome(client().wrap_bio, bio()))
show("unknown keyword", outcome(client().wrap_bio, bio(), bio(), server_hostname="localhost", colour=1))
show("server_side of a client's context", outcome(client().wrap_bio, bio(), bio(), server_side=True))
show("a server's context as a client", outcome(server("direct.pem").wrap_bio, bio(), bio(), server_side=False))
show("session of a wrong type", outcome(client().wrap_bio, bio(), bio(), server_hostname="localhost", session=5))
show("by position", type(client().wrap_bio(bio(), bio(), False, "localhost")).__name__)
one = bio()
show("the same MemoryBIO twice", type(client().wrap_bio(one, one, server_hostname="localhost")).__name__)

# ---- before the handshake ----

c = bios()
context = c.context
show("attributes", (c.server_side, c.server_hostname, c.session, c.session_reused, c.pending()))
show("its context", c.context is context)
show("methods", (c.version(), c.cipher(), c.selected_alpn_protocol(), outcome(lambda: c.compression())))
show("shared_ciphers", outcome(lambda: c.shared_ciphers()))
show("channel binding by default", c.get_channel_binding())
show("unknown channel binding", outcome(c.get_channel_binding, "tls-none"))
show("getpeercert before", outcome(c.getpeercert))
show("set server_side", outcome(setattr, bios(), "server_side", True))
show("set server_hostname", outcome(setattr, bios(), "server_hostname", "example.com"))
show("set session_reused", outcome(setattr, bios(), "session_reused", True))
show("set session to a number", outcome(setattr, bios(), "session", 5))
show("read before", outcome(bios().read))
show("read into a buffer before", outcome(bios().read, 5, bytearray(5)))
show("write before", outcome(bios().write, b"x"))
show("unwrap before", outcome(bios().unwrap))
show("do_handshake", outcome(bios().do_handshake))

incoming, outgoing = bio(), bio()
c = client().wrap_bio(incoming, outgoing, server_hostname="localhost")
show("nothing said before the first call", outgoing.pending)
outcome(c.do_handshake)
show("the hello", (outgoing.pending > 100, outgoing.read(3) in (b"\x16\x03\x01", b"\x16\x03\x03")))
show("again without an answer", (outcome(c.do_handshake), outgoing.pending > 0, c.version()))
incoming.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
show("an answer that is not TLS", outcome(c.do_handshake))
show("and again", outcome(c.do_handshake))
show("read after that", outcome(c.read))

c = bios()
incoming, outgoing = bio(), bio()
c = client().wrap_bio(incoming, outgoing, server_hostname="localhost")
incoming.write_eof()
show("an end before the handshake", outcome(c.do_handshake))

# ---- after it ----

for version, name in ((V12, "TLSv1.2"), (V13, "TLSv1.3")):
    c, s = pair(only(client(), version), server("direct.pem"))
    where = ", " + name
    show("version" + where, (c.version(), s.version()))
    show("ends" + where, (c.server_side, s.server_side, c.server_hostname, s.server_hostname))
    show("cipher" + where, (len(c.cipher()), c.cipher() == s.cipher(), c.cipher()[1]))
    show("compression" + where, outcome(lambda: (c.compression(), s.compression())))
    show("do_handshake again" + where, (c.do_handshake(), s.do_handshake()))
    show("nothing to read" + where, outcome(c.read, 10))
    show("pending" + where, c.pending())
    show("write" + where, c.write(b"hello world"))
    show("pending before a read" + where, s.pending())
    show("read a part" + where, (s.read(5), s.pending()))
    show("read the rest" + where, (s.read(), s.pending()))
    show("read more" + where, outcome(s.read, 5))
    show("write nothing" + where, (outcome(c.write, b""), outcome(s.read)))
    for what, data in (("a bytearray", bytearray(b"abc")), ("a memoryview", memoryview(b"abcdef")[2:4])):
        show("write %s%s" % (what, where), (c.write(data), s.read()))
    for what, data in (("a str", "str"), ("a number", 5), ("None", None), ("a list", [1])):
        show("write %s%s" % (what, where), outcome(c.write, data))
    outcome(s.read, 1000)
    buffer = bytearray(8)
    c.write(b"0123456789")
    show("read into a buffer" + where, (s.read(4, buffer), bytes(buffer)))
    show("read more than the buffer has" + where, (s.read(100, buffer), bytes(buffer)))
    c.write(b"abcdefghijklmnop")
    show("read(0)" + where, outcome(s.read, 0))
    show("read(-1)" + where, outcome(s.read, -1))
    show("read 0 into a buffer" + where, (outcome(s.read, 0, buffer), bytes(buffer)))
    show("read -1 into a buffer" + where, (outcome(s.read, -1, buffer), bytes(buffer)))
    show("read by keyword" + where, outcome(lambda: s.read(len=2)))
    show("read into something else" + where, outcome(s.read, 5, b"bytes"))
    show("read a str" + where, outcome(s.read, "5"))
    outcome(s.read, 100)
    big = bytes(range(256)) * 100
    show("write more than a record" + where, c.write(big))
    got = s.read(30000)
    show("one read is a record at most" + where, (got == big[:len(got)], len(got) <= 16384))
    while len(got) < len(big):
        got += s.read(30000)
    show("all of it" + where, got == big)

# ---- the end ----

for version, name in ((V12, "TLSv1.2"), (V13, "TLSv1.3")):
    where = ", " + name
    c, s = pair(only(client(), version), server("direct.pem"))
    show("unwrap first" + where, outcome(c.unwrap))
    show("the other reads the end" + where, (outcome(s.read), outcome(s.read, 5), outcome(s.read, 5, bytearray(5))))
    show("the other unwraps" + where, outcome(s.unwrap))
    show("unwrap again" + where, outcome(c.unwrap))
    show("unwrap a third time" + where, outcome(c.unwrap))
    show("write after unwrap" + where, outcome(c.write, b"x"))
    show("read after unwrap" + where, outcome(c.read))
    show("version after unwrap" + where, (c.version(), c.cipher() is not None))

    c, s = pair(only(client(), version), server("direct.pem"))
    outcome(c.unwrap)
    show("write after the other has unwrapped" + where, outcome(s.write, b"late"))
    show("read while unwrapping" + where, outcome(c.read))
    show("write while unwrapping" + where, outcome(c.write, b"x"))

    c, s = pair(only(client(), version), server("direct.pem"))
    s.write(b"unread")
    show("unwrap with data unread" + where, outcome(c.unwrap))

    incoming, outgoing = bio(), bio()
    c = only(client(), version).wrap_bio(incoming, outgoing, server_hostname="localhost")
    s = server("direct.pem").wrap_bio(outgoing, incoming, server_side=True)
    for _ in range(4):
        outcome(c.do_handshake)
        outcome(s.do_handshake)
    s.write(b"data")
    incoming.write_eof()
    show("data before a cut" + where, outcome(c.read))
    show("a cut" + where, outcome(c.read))
    show("a cut, again" + where, outcome(c.read, 5, bytearray(5)))
    show("write after a cut" + where, outcome(c.write, b"x"))
    show("unwrap after a cut" + where, outcome(c.unwrap))

    incoming, outgoing = bio(), bio()
    c = only(client(), version).wrap_bio(incoming, outgoing, server_hostname="localhost")
    s = server("direct.pem").wrap_bio(outgoing, incoming, server_side=True)
    for _ in range(4):
        outcome(c.do_handshake)
        outcome(s.do_handshake)
    outcome(c.read)
    incoming.write(b"\x17\x03\x03\x00\x20" + bytes(32))
    show("a forged record" + where, outcome(c.read))
    show("a forged record, again" + where, outcome(c.read))
    show("write after a forged record" + where, outcome(c.write, b"x"))
    show("the other hears" + where, outcome(s.read))

c, s = pair(client(), server("direct.pem"))
show("verify_client_post_handshake of a client", outcome(lambda: c.verify_client_post_handshake()))
