# Every argument of wrap_socket with every kind of wrong value: the right error,
# and the socket given is as good as before.
# peers: tls13
# timeout: 90
from harness import *

import ssl

CA = pki("root-ecdsa.pem")
CERT = pki("server-ecdsa.chain.pem")
KEY = pki("server-ecdsa.key")
ENOENT = 2


def wrong(kind, named, contains, errno=None):
    # A connected socket survives the refusal: it is then wrapped properly.
    s = tcp(peers.tls13)
    try:
        raises(kind, ssl.wrap_socket, s, contains=contains, errno=errno, **named)
        ss = ssl.wrap_socket(s)
        exchange(ss)
        ss.close()
    finally:
        s.close()


def wrong_unconnected(kind, named, contains, errno=None):
    # The same with a socket that is not connected yet.
    s = socket.socket()
    try:
        raises(kind, ssl.wrap_socket, s, contains=contains, errno=errno, **named)
        ss = ssl.wrap_socket(s)
        ss.connect(peers.tls13)
        exchange(ss)
        ss.close()
    finally:
        s.close()


def row(name, kind, contains=(), errno=None, **named):
    case(name, wrong, kind, named, contains, errno)
    case(name + ", unconnected", wrong_unconnected, kind, named, contains, errno)


MISSING = pki("no-such-file.pem")

# certfile and keyfile
row("certfile missing", OSError, "no-such-file.pem", ENOENT, certfile=MISSING, keyfile=KEY)
row("keyfile missing", OSError, "no-such-file.pem", ENOENT, certfile=CERT, keyfile=MISSING)
row("certfile is a folder", OSError, "capath", certfile=pki("capath"), keyfile=KEY)
row("keyfile is a folder", OSError, "capath", certfile=CERT, keyfile=pki("capath"))
row("certfile empty", ssl.SSLError, "empty.pem", certfile=pki("empty.pem"), keyfile=KEY)
row("keyfile empty", ssl.SSLError, "empty.pem", certfile=CERT, keyfile=pki("empty.pem"))
row("certfile garbage", ssl.SSLError, "garbage.bin", certfile=pki("garbage.bin"), keyfile=KEY)
row("keyfile garbage", ssl.SSLError, "garbage.bin", certfile=CERT, keyfile=pki("garbage.bin"))
row("certfile PEM of garbage", ssl.SSLError, "garbage.pem", certfile=pki("garbage.pem"), keyfile=KEY)
row("certfile cut off", ssl.SSLError, "truncated.pem", certfile=pki("truncated.pem"), keyfile=KEY)
row("certfile DER cut off", ssl.SSLError, "truncated.der", certfile=pki("truncated.der"), keyfile=KEY)
row("certfile without certificate", ssl.SSLError, "words.txt", certfile=pki("words.txt"), keyfile=KEY)
row("certfile is a key", ssl.SSLError, "server-ecdsa.key", certfile=KEY, keyfile=KEY)
row("keyfile is a certificate", ssl.SSLError, "server-ecdsa.pem", certfile=CERT, keyfile=pki("server-ecdsa.pem"))
row("certfile broken in the middle", ssl.SSLError, "broken-middle.pem",
    certfile=pki("broken-middle.pem"), keyfile=KEY)
row("key of another certificate", ssl.SSLError, ("key", "certificate", "belong"),
    certfile=CERT, keyfile=pki("client-ecdsa.key"))
row("key of another kind", ssl.SSLError, ("key", "certificate", "belong"), certfile=CERT, keyfile=pki("server-rsa.key"))
row("key encrypted", ssl.SSLError, ("enc.key", "encrypted"), certfile=CERT, keyfile=pki("server-ecdsa.enc.key"))
row("certfile alone", ValueError, "keyfile", certfile=CERT)
row("keyfile alone", ValueError, "certfile", keyfile=KEY)
row("cert alone", ValueError, "key", cert=content("server-ecdsa.pem"))
row("key alone", ValueError, "cert", key=content("server-ecdsa.key"))
row("certfile an int", TypeError, certfile=5, keyfile=KEY)
row("keyfile a list", TypeError, certfile=CERT, keyfile=[KEY])
row("cert an int", TypeError, cert=5, key=content("server-ecdsa.key"))
row("key a float", TypeError, cert=content("server-ecdsa.pem"), key=1.5)
row("cert garbage", ssl.SSLError, cert=content("garbage.bin"), key=content("server-ecdsa.key"))
row("key garbage", ssl.SSLError, cert=content("server-ecdsa.pem"), key=b"garbage")
row("cert empty", ssl.SSLError, cert=b"", key=content("server-ecdsa.key"))
row("both certfile and cert", ValueError, certfile=CERT, keyfile=KEY, cert=content("server-ecdsa.pem"))
row("both keyfile and key", ValueError, certfile=CERT, keyfile=KEY, key=content("server-ecdsa.key"))
row("both ca_certs and cadata", ValueError, cert_reqs=2, ca_certs=CA, cadata=content("root-ecdsa.pem"))

# cert_reqs
for _value in (-1, 3, 4, 256, 1 << 40, 1 << 70):
    row("cert_reqs %d" % _value, ValueError, cert_reqs=_value, ca_certs=CA)
for _value in (None, "2", 1.0, b"1", ssl):
    row("cert_reqs %s" % type(_value).__name__, TypeError, cert_reqs=_value, ca_certs=CA)
row("REQUIRED without anchors", ValueError, "ca_certs", cert_reqs=ssl.CERT_REQUIRED)
row("OPTIONAL without anchors", ValueError, "ca_certs", cert_reqs=ssl.CERT_OPTIONAL)

# ssl_version
for _value in (3, 4, 0x0300, 0x0301, 0x0302, 0x0305, 9999, -1, 1 << 40, -1 << 70):
    row("ssl_version %d" % _value, ValueError, "version", ssl_version=_value)
for _value in (None, "TLSv1_2", 1.2):
    row("ssl_version %s" % type(_value).__name__, TypeError, ssl_version=_value)

# ca_certs
row("ca_certs missing", OSError, "no-such-file.pem", ENOENT, cert_reqs=2, ca_certs=MISSING)
row("ca_certs empty", ssl.SSLError, "empty.pem", cert_reqs=2, ca_certs=pki("empty.pem"))
row("ca_certs garbage", ssl.SSLError, "garbage.bin", cert_reqs=2, ca_certs=pki("garbage.bin"))
row("ca_certs PEM of garbage", ssl.SSLError, "garbage.pem", cert_reqs=2, ca_certs=pki("garbage.pem"))
row("ca_certs words", ssl.SSLError, "words.txt", cert_reqs=2, ca_certs=pki("words.txt"))
row("ca_certs a key", ssl.SSLError, "server-ecdsa.key", cert_reqs=2, ca_certs=KEY)
row("ca_certs cut off", ssl.SSLError, "truncated.pem", cert_reqs=2, ca_certs=pki("truncated.pem"))
row("ca_certs DER cut off", ssl.SSLError, "truncated.der", cert_reqs=2, ca_certs=pki("truncated.der"))
row("ca_certs second broken", ssl.SSLError, ("broken-middle.pem", "number 2"), cert_reqs=2, ca_certs=pki("broken-middle.pem"))
row("ca_certs an int", TypeError, cert_reqs=2, ca_certs=7)
row("cadata an int", TypeError, cert_reqs=2, cadata=7)
row("cadata garbage", ssl.SSLError, cert_reqs=2, cadata=content("garbage.bin"))
row("cadata empty", ssl.SSLError, cert_reqs=2, cadata=b"")
row("cadata second broken", ssl.SSLError, "number 2", cert_reqs=2, cadata=content("broken-middle.pem"))

# server_hostname
row("server_hostname empty", ValueError, "server_hostname", server_hostname="")
row("server_hostname too long", ValueError, "server_hostname", server_hostname="a." * 126 + "bc")
row("server_hostname with NUL", ValueError, "server_hostname", server_hostname="local\0host")
row("server_hostname an int", TypeError, server_hostname=1)

# saved_session
for _value in (5, 1.5, [], {}, "text", object()):
    row("saved_session %s" % type(_value).__name__, TypeError, saved_session=_value)
row("saved_session garbage", ValueError, saved_session=b"garbage")
row("saved_session empty", ValueError, saved_session=b"")

# timeout
for _value in (0, 0.0, -1, -0.5):
    row("timeout %r" % _value, ValueError, "timeout", timeout=_value)
row("timeout nan", ValueError, "timeout", timeout=float("nan"))
for _value in ("10", [], b"1"):
    row("timeout %s" % type(_value).__name__, TypeError, timeout=_value)

# names
row("unknown keyword", TypeError, no_such_keyword=1)
row("saved-session spelled wrong", TypeError, session=None)


# ---- the socket itself ----


def no_socket(value, contains):
    raises(TypeError, ssl.wrap_socket, value, contains=contains)


class Nothing:
    pass


for _value in (None, 1, "socket", b"", [], Nothing(), socket.socket, ssl):
    case("sock %s" % type(_value).__name__, no_socket, _value, ("read", "write", "ioctl"))


@test
def sock_a_file_system():
    # It has a protocol too, but not that of streams.
    try:
        from vfs import VfsPosix
    except ImportError:
        raise Skip("no VfsPosix on this port")
    no_socket(VfsPosix("/"), ("read", "write", "ioctl"))


@test
def ca_certs_an_empty_folder():
    for judge in (wrong, wrong_unconnected):
        judge(ssl.SSLError, {"cert_reqs": 2, "ca_certs": folder("capath-empty")}, "capath-empty")


@test
def sock_of_datagrams():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    raises(TypeError, ssl.wrap_socket, s)
    s.sendto(b"still open", sockaddr(("127.0.0.1", 9)))
    s.close()


@test
def sock_missing():
    raises(TypeError, ssl.wrap_socket)


@test
def too_many_arguments():
    s = socket.socket()
    raises(TypeError, ssl.wrap_socket, s, None, None, False, 0, 0, None, None, None, 10, 11)
    s.close()


@test
def argument_twice():
    s = socket.socket()
    raises(TypeError, ssl.wrap_socket, s, None, keyfile=None)
    s.close()


# ---- a server's identity ----


@test
def server_without_identity():
    # Nothing to send yet, so the peer may as well be a TLS server.
    wrong(ValueError, {"server_side": True}, "cert")


@test
def server_without_identity_deferred():
    s = tcp(peers.tls13)
    ss = ssl.wrap_socket(s, server_side=True, do_handshake=False)
    raises(ValueError, ss.do_handshake, contains="cert")
    ss.close()


@test
def session_for_a_server():
    ss = ssl.wrap_socket(tcp(peers.tls13))
    session = ssl.save_session(ss)
    ss.close()
    identity = {"certfile": CERT, "keyfile": KEY, "server_side": True}
    for value in (session, session.serialize()):
        named = dict(identity)
        named["saved_session"] = value
        wrong(ValueError, named, "server")


# ---- right values ----


def right(*args, **named):
    s = tcp(peers.tls13)
    ss = ssl.wrap_socket(s, *args, **named)
    exchange(ss)
    ss.close()


@test
def all_positional():
    right(None, None, False, ssl.CERT_REQUIRED, 0, CA, "localhost", None, 10)


@test
def all_by_name():
    ss = ssl.wrap_socket(
        sock=tcp(peers.tls13), keyfile=None, certfile=None, server_side=False,
        cert_reqs=ssl.CERT_NONE, ssl_version=0, ca_certs=None, server_hostname=None,
        saved_session=None, timeout=10)
    exchange(ss)
    ss.close()


@test
def micropython_keywords():
    right(key=content("client-ecdsa.key"), cert=content("client-ecdsa.pem"),
          cadata=content("root-ecdsa.pem"), cert_reqs=ssl.CERT_REQUIRED, server_hostname="localhost",
          do_handshake=True)


@test
def context_keywords():
    # Every argument of a context's methods may be named.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certfile=pki("client-ecdsa.both.pem"), keyfile=None)
    context.load_cert_chain(certfile=CERT, keyfile=KEY)
    context.wrap_bio(incoming=ssl.MemoryBIO(), outgoing=ssl.MemoryBIO(), server_side=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cafile=CA)
    ss = context.wrap_socket(sock=tcp(peers.tls13), server_hostname="localhost")
    exchange(ss)
    ss.close()


@test
def data_as_text():
    right(cadata=str(content("root-ecdsa.pem"), "ascii"), cert_reqs=2, server_hostname="localhost")


@test
def none_ignores_ca_certs():
    right(cert_reqs=ssl.CERT_NONE, ca_certs=MISSING)


@test
def key_in_the_certfile():
    right(certfile=pki("client-ecdsa.both.pem"))


@test
def versions():
    for value in (0, ssl.PROTOCOL_TLSv1_3, 0x0304):
        right(ssl_version=value)


@test
def timeouts():
    for value in (None, 1, 0.9, 10, 300, 1 << 31, 1e30):
        right(timeout=value)


@test
def longest_name():
    # 253 bytes are allowed; the peer does not mind what is asked for.
    name = ".".join(["a" * 49] * 5) + ".abc"
    equal(len(name), 253)
    right(server_hostname=name)


@test
def names_of_protocols():
    set_protocols = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_alpn_protocols
    for wrong in ("", "x" * 256, "a\0b"):
        raises(ssl.SSLError, set_protocols, ["h2", wrong], contains="1 to 255 bytes")
    set_protocols(["h2", "x" * 255])


run()
