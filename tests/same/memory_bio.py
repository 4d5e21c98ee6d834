# MemoryBIO: a queue of bytes.
# differs: write a str: MicroPython takes a str where bytes are wanted
from same import *

new = ssl.MemoryBIO
bio = new()
show("at first", (bio.pending, bio.eof, bio.read(), bio.read(10)))
for what, data in (("bytes", b"abc"), ("a bytearray", bytearray(b"defg")), ("a memoryview", memoryview(b"hijkl")[1:4]),
                   ("nothing", b"")):
    show("write " + what, (bio.write(data), bio.pending))
show("eof with bytes in it", bio.eof)
for n in (2, 0, -1, 5, None):
    bio = new()
    bio.write(b"0123456789")
    show("read(%r)" % n, (outcome(bio.read, n), bio.pending))
bio = new()
bio.write(b"0123456789")
show("read()", (bio.read(), bio.pending))
show("read all that is there and more", (bio.write(b"xyz"), bio.read(100), bio.pending))
show("in the order of writing", (bio.write(b"1"), bio.write(b"2"), bio.read(1), bio.write(b"3"), bio.read()))

bio.write(b"last")
show("write_eof", bio.write_eof())
show("eof with bytes left", (bio.eof, bio.pending))
show("write after write_eof", outcome(bio.write, b"x"))
show("write nothing after write_eof", outcome(bio.write, b""))
show("read after write_eof", (bio.read(2), bio.eof, bio.read(), bio.eof, bio.read()))
show("write_eof twice", (bio.write_eof(), bio.eof))

try:
    bio.write(b"x")
except ssl.SSLError as error:
    show("error of a write after write_eof", ("cannot write() after write_eof()" in str(error), len(error.args) > 0))

bio = new()
show("write a number", outcome(bio.write, 5))
show("write None", outcome(bio.write, None))
show("write a list", outcome(bio.write, [1, 2]))
show("write a str", outcome(bio.write, "str"))
show("write without data", outcome(bio.write))
show("write too much", outcome(bio.write, b"", b""))
show("read a str", outcome(bio.read, "1"))
show("read too much", outcome(bio.read, 1, 2))
show("read a float", outcome(bio.read, 1.5))
show("write_eof with an argument", outcome(bio.write_eof, 1))
show("MemoryBIO with an argument", outcome(new, b"abc"))
show("set pending", outcome(setattr, bio, "pending", 5))
show("set eof", outcome(setattr, bio, "eof", True))
show("another attribute", (hasattr(bio, "close"), hasattr(bio, "readinto")))
show("a type", (isinstance(bio, ssl.MemoryBIO), bio == bio, bio == new()))
show("in a set", len({bio, new(), bio}))
show("is true", bool(new()))

bio.read()
big = bytes(range(256)) * 1000
show("much", (bio.write(big), bio.pending, bio.read(100000) == big[:100000], bio.pending, bio.read() == big[100000:]))
