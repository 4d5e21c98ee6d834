# Pinned keys and certificates, which CPython has not.
# peers: tls12 tls13 expired=tls,cert=expired future=tls,cert=future
# peers: selfsigned=tls,cert=selfsigned wrongname=tls,cert=wrongname
import hashlib
from trusting import *


def certificate_pin(name):
    return hashlib.sha256(content(name + ".der")).digest()


def key_pin(name):
    # The last part of a P-256 key in SEC1 form is its public half.
    point = content(name + ".old.key.der")[-65:]
    head = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00"
    return hashlib.sha256(head + point).digest()


def pinned(peer, name, of, *files):
    context = client(*files)
    context.pins = [of(name)]
    connect(context, peer)


for _peer in ("tls12", "tls13"):
    for _of in (certificate_pin, key_pin):
        for _name in ("server-ecdsa", "inter-ecdsa", "root-ecdsa"):
            case("%s: %s of %s" % (_peer, _of.__name__, _name), pinned, _peer, _name, _of, "roots.pem")
        case("%s: %s, no anchor" % (_peer, _of.__name__), pinned, _peer, "server-ecdsa", _of)
        case("%s: %s, another's anchor" % (_peer, _of.__name__), pinned, _peer, "server-ecdsa", _of, "other-root.pem")
case("self-signed and pinned", pinned, "selfsigned", "selfsigned", key_pin)


@test
def pinned_where_no_roots_are():
    if not hasattr(os, "putenv"):
        raise Skip("there is no environment to name roots in")
    os.putenv("SSL_CERT_FILE", pki("nowhere"))
    os.putenv("SSL_CERT_DIR", pki("nowhere"))
    try:
        pinned("tls13", "server-ecdsa", key_pin)
        raises(ValueError, connect, client(), "tls13", contains="nothing to verify with")
    finally:
        os.unsetenv("SSL_CERT_FILE")
        os.unsetenv("SSL_CERT_DIR")


@test
def not_pinned():
    context = client("roots.pem")
    context.pins = [certificate_pin("direct"), key_pin("other-root")]
    for peer in ("tls12", "tls13"):
        error = refused(context, peer, "not among the pinned", "ACCESS_DENIED")
        equal(error.verify_code, 50)


@test
def a_pinned_issuer_is_no_anchor():
    context = client()
    for name in ("inter-ecdsa", "root-ecdsa"):
        context.pins = [key_pin(name)]
        refused(context, "tls13", "unknown issuer")
    context = client("other-root.pem")
    context.pins = [key_pin("root-ecdsa")]
    refused(context, "tls12", "unknown issuer")


@test
def a_pin_replaces_nothing_else():
    for peer, says in (("expired", "expired on"), ("future", "not valid before"), ("wrongname", "does not match")):
        context = client()
        context.pins = [key_pin(peer)]
        refused(context, peer, says)
    context = client()
    context.check_hostname = False
    context.pins = [key_pin("wrongname")]
    connect(context, "wrongname", None)


@test
def pins_are_read_as_they_were_set():
    context = client("roots.pem")
    equal(context.pins, [])
    one, two = certificate_pin("server-ecdsa"), key_pin("server-ecdsa")
    as_hex = "".join(["%02x" % byte for byte in one])
    colons = ":".join(["%02X" % byte for byte in two])
    context.pins = (as_hex, colons)
    equal(context.pins, [one, two])
    connect(context, "tls13")
    context.pins = []
    equal(context.pins, [])
    connect(context, "tls13")
    for wrong in (b"short", "ab", as_hex[:-1] + "g", as_hex + "00", colons.replace(":", "-"), 32 * "x"):
        raises(ValueError, setattr, context, "pins", [wrong], contains="SHA-256")
    for wrong in (5, None, [5], [None]):
        raises(TypeError, setattr, context, "pins", wrong)
    equal(context.pins, [])


@test
def pins_need_verification():
    context = client("roots.pem")
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    raises(ValueError, setattr, context, "pins", [bytes(32)], contains="CERT_REQUIRED")
    context.verify_mode = ssl.CERT_REQUIRED
    context.pins = [bytes(32)]
    raises(ValueError, setattr, context, "verify_mode", ssl.CERT_NONE, contains="pins")


def visit(context, session=None):
    # (whether it resumed the session, that of the visit)
    context.session_cache_size = 0
    ss = context.wrap_socket(socket.socket(), server_hostname="localhost", session=session)
    try:
        ss.connect(peers.tls13)
        exchange(ss)
        return ss.session_reused, ss.session
    finally:
        ss.close()


@test
def pins_bind_sessions():
    context = client("roots.pem")
    session = visit(context)[1]
    other = client("roots.pem")
    other.pins = [certificate_pin("direct")]
    raises(ssl.SSLCertVerificationError, visit, other, session, contains="pinned")
    true(visit(context, session)[0], "its own context did not resume")


@test
def a_pin_is_no_anchor_of_sessions():
    # One context trusts a certificate, the other has pinned it.
    session = visit(client("roots.pem", "direct.pem"))[1]
    other = client("roots.pem")
    other.pins = [certificate_pin("direct")]
    raises(ssl.SSLCertVerificationError, visit, other, session, contains="pinned")


@test
def a_pinned_issuer_must_have_signed():
    # Anybody can send it along. The callback alone decides, but not about pins.
    own = client()
    own.verify_mode = ssl.CERT_OPTIONAL
    own.verify_callback = lambda cert, depth: 0
    own.pins = [certificate_pin("inter-ecdsa")]
    raises(ssl.SSLCertVerificationError, over_memory, own, "forged.true.pem", "forged.key", contains="pinned")
    over_memory(own, "server-ecdsa.chain.pem", "server-ecdsa.key")


run()
