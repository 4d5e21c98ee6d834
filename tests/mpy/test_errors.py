# What an error carries: class, errno or SSL_ERROR number, a plain sentence.
# peers: tls12 tls13 silent garbage hangup refused other=tls,cert=other-server wrongname=tls,cert=wrongname
# peers: a0=alert,code=0 a10=alert,code=10 a20=alert,code=20 a40=alert,code=40 a42=alert,code=42 a43=alert,code=43
# peers: a44=alert,code=44 a45=alert,code=45 a46=alert,code=46 a47=alert,code=47 a48=alert,code=48 a49=alert,code=49
# peers: a50=alert,code=50 a51=alert,code=51 a70=alert,code=70 a71=alert,code=71 a80=alert,code=80 a86=alert,code=86
# peers: a90=alert,code=90 a109=alert,code=109 a110=alert,code=110 a112=alert,code=112 a115=alert,code=115
# peers: a116=alert,code=116 a120=alert,code=120 a200=alert,code=200
import errno
from harness import *

import ssl

# RFC 8446, section 6
ALERTS = {
    10: "unexpected message", 20: "bad record mac", 40: "handshake failure", 42: "bad certificate",
    43: "unsupported certificate", 44: "certificate revoked", 45: "certificate expired",
    46: "certificate unknown", 47: "illegal parameter", 48: "unknown ca", 49: "access denied",
    50: "decode error", 51: "decrypt error", 70: "protocol version", 71: "insufficient security",
    80: "internal error", 86: "inappropriate fallback", 109: "missing extension",
    110: "unsupported extension", 112: "unrecognized name", 115: "unknown psk identity",
    116: "certificate required", 120: "no application protocol",
}


def attempt(peer, **named):
    s = tcp(getattr(peers, peer))
    try:
        ssl.wrap_socket(s, **named)
    finally:
        s.close()


def plain(text):
    return text.replace("_", " ").lower()


def alert(number, name):
    error = raises(ssl.SSLError, attempt, "a%d" % number)
    true("alert" in plain(words(error)), words(error))
    true(name in plain(words(error)), words(error))


for _number in sorted(ALERTS):
    case("alert %d" % _number, alert, _number, ALERTS[_number])
case("alert nobody knows", alert, 200, "200")


@test
def peer_closes_with_an_alert():
    raises(ssl.SSLError, attempt, "a0")


def carries(error):
    # Every error of this module has all its attributes.
    for name in ("errno", "reason", "library"):
        true(hasattr(error, name), "no " + name)
    true(isinstance(error.args[0], int), repr(error.args))
    true(isinstance(error.args[1], str) and len(error.args[1]) > 10, repr(error.args))
    true("\n" not in error.args[1], repr(error.args))
    equal(error.errno, error.args[0])
    true(str(error), "no text")


@test
def timeouts():
    error = raises(ssl.SSLTimeoutError, attempt, "silent", timeout=0.2)
    carries(error)
    equal(error.args[0], errno.ETIMEDOUT)


@test
def verification():
    error = raises(ssl.SSLCertVerificationError, attempt, "other", cert_reqs=2, ca_certs=pki("roots.pem"))
    carries(error)
    equal(error.args[0], 1)
    true(isinstance(error.verify_code, int) and error.verify_code, repr(error.verify_code))
    true(error.verify_message in error.args[1], repr(error.verify_message))
    error = raises(ssl.SSLCertVerificationError, attempt, "wrongname", cert_reqs=2,
                   ca_certs=pki("roots.pem"), server_hostname="localhost")
    carries(error)
    true("localhost" in error.args[1] and "wrong.example" in error.args[1], words(error))


@test
def eof():
    error = raises(ssl.SSLEOFError, attempt, "hangup")
    carries(error)
    equal(error.args[0], 8)


@test
def protocol():
    error = raises(ssl.SSLError, attempt, "garbage")
    carries(error)
    equal(error.args[0], 1)
    true("HTTP" in words(error) or "TLS" in words(error), words(error))


@test
def files():
    error = raises(ssl.SSLError, ssl.wrap_socket, socket.socket(), cert_reqs=2, ca_certs=pki("garbage.bin"))
    carries(error)
    true("garbage.bin" in error.args[1], words(error))


@test
def want_read():
    ss = ssl.wrap_socket(tcp(peers.silent), do_handshake=False)
    ss.setblocking(False)
    error = raises(ssl.SSLWantReadError, ss.do_handshake)
    true(isinstance(error, OSError), "no OSError")
    equal(error.args[0], ssl.SSL_TIMEOUT)
    ss.close()


@test
def transport_errors_keep_their_number():
    ss = ssl.wrap_socket(socket.socket())
    error = raises(OSError, ss.connect, peers.refused, errno=refusal())
    equal(error.args[0], error.errno)
    ss.close()


@test
def caught_as_the_old_way():
    # Code for MicroPython and Pycom catches OSError and looks at args[0].
    try:
        attempt("silent", timeout=0.2)
    except OSError as error:
        equal(error.args[0], ssl.SSL_TIMEOUT)
    try:
        attempt("other", cert_reqs=2, ca_certs=pki("roots.pem"))
    except ValueError as error:
        true(error.args, "no args")


@test
def raised_by_hand():
    for kind in (ssl.SSLError, ssl.SSLTimeoutError, ssl.SSLCertVerificationError, ssl.SSLEOFError):
        for args in ((), (1,), (1, "text"), (1, "text", 3), ("only text",), (None, None, None), (1, "text", ()),
                     (1, "text", (1,)), (1, "text", (1, 2, 3, 4, 5, 6)), (1, 2, 3, 4), ((), (), ())):
            error = kind(*args)
            equal(error.args[:len(args)], args)
            str(error), repr(error)
            for name in ("errno", "reason", "library", "verify_code", "verify_message"):
                try:
                    getattr(error, name)
                except AttributeError:
                    pass


@test
def subclass_in_python():
    class Mine(ssl.SSLError):
        pass

    try:
        raise Mine(5, "mine")
    except ssl.SSLError as error:
        equal(error.args[:2], (5, "mine"))
        str(error)


@test
def printed_with_its_words():
    error = raises(ssl.SSLError, attempt, "a48")
    true("unknown" in plain(str(error)), str(error))


run()
