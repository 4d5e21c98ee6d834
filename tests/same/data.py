# Reading and writing on connected sockets.
# differs: send a str, *: MicroPython takes a str where bytes are wanted
# differs: sendall a str, *: the same
# differs: write a str, *: the same
# differs: recv_into, -1, *: ValueError, as of a plain socket
# differs: makefile of text: MicroPython's sockets are streams of bytes
# differs: closed, read: EBADF, as of recv
# differs: closed, write: EBADF, as of send
# differs: closed, unwrap: EBADF
# differs: closed, getpeercert: EBADF
# differs: closed, connect: EBADF
# differs: closed, what was known: EBADF
# differs: closed, descriptor: EBADF
from same import *
import array

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def only(version):
    context = client()
    context.minimum_version = context.maximum_version = version
    return context


waiting, address = listener()
waiting.close()

for version, name in ((V12, "TLSv1.2"), (V13, "TLSv1.3")):
    where = ", " + name
    c, s = linked(only(version))

    # ---- writing ----
    for what, data in (("bytes", b"abc"), ("a bytearray", bytearray(b"abc")), ("a memoryview", memoryview(b"xabcx")[1:4]),
                       ("an array", array.array("B", b"abc"))):
        show("send %s%s" % (what, where), (c.send(data), exactly(s, 3)))
        show("sendall %s%s" % (what, where), (c.sendall(data), exactly(s, 3)))
        show("write %s%s" % (what, where), (c.write(data), exactly(s, 3)))
    for what, data in (("a number", 5), ("None", None), ("a list", [1]), ("a str", "str")):
        for call in ("send", "sendall", "write"):
            show("%s %s%s" % (call, what, where), outcome(getattr(c, call), data))
    s.setblocking(False)
    while isinstance(outcome(s.recv, 100), bytes):
        pass
    s.settimeout(5)
    for call in ("send", "sendall", "write"):
        show("%s nothing%s" % (call, where), outcome(getattr(c, call), b""))
        show("%s without data%s" % (call, where), outcome(getattr(c, call)))
    show("send with flags 0" + where, (c.send(b"xy", 0), exactly(s, 2)))
    show("sendall with flags 0" + where, (c.sendall(b"xy", 0), exactly(s, 2)))
    show("send with flags" + where, outcome(c.send, b"xy", 1))
    show("sendall with flags" + where, outcome(c.sendall, b"xy", 1))
    items = array.array("I", [1, 2, 3])
    c.sendall(items)
    show("an array of words" + where, exactly(s, 3 * len(bytes(items)) // 3) == bytes(items))

    # ---- reading ----
    c.sendall(b"0123456789")
    show("recv a part" + where, (s.recv(4), s.pending()))
    show("recv more than there is" + where, (s.recv(100), s.pending()))
    c.sendall(b"0123456789")
    show("recv 0" + where, outcome(s.recv, 0))
    show("recv -1" + where, outcome(s.recv, -1))
    show("recv a str" + where, outcome(s.recv, "1"))
    show("recv a float" + where, outcome(s.recv, 1.5))
    show("recv with flags 0" + where, s.recv(2, 0))
    show("recv with flags" + where, outcome(s.recv, 2, 2))
    show("read a part" + where, s.read(2))
    show("read 0" + where, outcome(s.read, 0))
    show("the rest" + where, exactly(s, 6))

    buffer = bytearray(b"........")
    c.sendall(b"0123456789")
    show("recv_into" + where, (s.recv_into(buffer), bytes(buffer)))
    show("recv_into, fewer than the buffer has" + where, (s.recv_into(buffer), bytes(buffer)))
    c.sendall(b"abcdefgh")
    show("recv_into, n" + where, (s.recv_into(buffer, 3), bytes(buffer)))
    show("recv_into, 0" + where, (s.recv_into(buffer, 0), bytes(buffer)))
    c.sendall(b"ABCDEFGH")
    show("recv_into, None" + where, (outcome(s.recv_into, buffer, None), bytes(buffer)))
    c.sendall(b"ABCDEFGHIJ")
    show("recv_into, more than the buffer has" + where, (outcome(s.recv_into, buffer, 100), bytes(buffer)))
    show("recv_into, -1" + where, outcome(s.recv_into, bytearray(4), -1))
    outcome(s.recv, 100) if s.pending() else None
    c.sendall(b"klmnop")
    show("recv_into, flags 0" + where, (outcome(s.recv_into, buffer, 2, 0), bytes(buffer)))
    show("recv_into, flags" + where, outcome(s.recv_into, buffer, 2, 2))
    show("recv_into bytes" + where, outcome(s.recv_into, b"bytes"))
    show("recv_into a number" + where, outcome(s.recv_into, 5))
    show("recv_into a memoryview" + where, (s.recv_into(memoryview(buffer)[6:]), bytes(buffer)))
    words = array.array("B", bytes(2))
    show("recv_into an array" + where, (s.recv_into(words), bytes(words)))
    show("recv_into nothing" + where, outcome(s.recv_into, bytearray(0)))
    outcome(s.recv, 100) if s.pending() else None

    # ---- much ----
    big = bytes(range(256)) * 1000
    sent = beside(c.sendall, big)
    show("much" + where, (exactly(s, len(big)) == big, sent()))
    c.sendall(big[:16384])
    show("one record" + where, len(exactly(s, 16384)))
    c.sendall(b"1")
    c.sendall(b"2")
    show("two records" + where, exactly(s, 2))
    for n in (1, 2, 255, 256, 1000, 16383, 16384, 16385, 40000):
        sent = beside(c.sendall, big[:n])
        show("%d bytes%s" % (n, where), (exactly(s, n) == big[:n], sent()))

    # ---- both ways ----
    show("around TLS" + where, (outcome(c.sendto, b"x", address), outcome(c.recvfrom, 5)))
    c.sendall(b"ping")
    s.sendall(b"pong")
    show("both ways" + where, (exactly(s, 4), exactly(c, 4)))
    show("descriptor" + where, (c.fileno() >= 0, c.fileno() != s.fileno()))
    with c:
        c.sendall(b"with")
    show("after with" + where, (exactly(s, 4), s.recv(1), outcome(c.send, b"x")))
    s.close()

# ---- files ----

c, s = linked()
file = s.makefile("rb")
c.sendall(b"first\nsecond\nthird")
c.close()
show("readline of makefile", file.readline())
show("the other lines", [line for line in file])
file.close()
s.close()

c, s = linked()
file = c.makefile("wb")
show("write to makefile", file.write(b"written"))
file.flush()
show("and read", exactly(s, 7))
show("wrong mode of makefile", outcome(s.makefile, "x"))
show("makefile of text", outcome(lambda: s.makefile("r") and None))
c.close()
s.close()

c, s = linked()
c.sendall(b"0123456789")
c.close()
file = s.makefile("rb")
show("read(n) of makefile", (file.read(4), file.read(4), file.read(4), file.read(4)))
s.close()

c, s = linked()
c.sendall(b"0123456789")
c.close()
buffer = bytearray(4)
file = s.makefile("rb")
show("readinto of makefile", ([(file.readinto(buffer), bytes(buffer)) for _ in range(4)]))
s.close()

# ---- closed ----

c, s = linked()
c.close()
show("close twice", c.close())
for call, args in (("recv", (5,)), ("recv_into", (bytearray(5),)), ("send", (b"x",)), ("sendall", (b"x",)), ("do_handshake", ()),
                   ("shutdown", (2,)), ("settimeout", (5,)), ("setblocking", (True,)), ("listen", (1,)), ("read", (5,)),
                   ("write", (b"x",)), ("unwrap", ()), ("getpeercert", ()), ("connect", (address,))):
    show("closed, " + call, outcome(getattr(c, call), *args))
show("closed, what was known", [outcome(getattr(c, call)) for call in ("version", "cipher", "pending", "selected_alpn_protocol")])
show("closed, descriptor", outcome(c.fileno))
show("attributes of a closed one", (c.server_hostname, c.server_side, c.session, c.session_reused))
s.close()
