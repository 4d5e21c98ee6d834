# Pins, revocation, dates without a clock, encrypted keys: what CPython has not, or says less of.
# peers: tls12 tls13 other=tls,cert=other-server expired=tls,cert=expired future=tls,cert=future
# peers: selfsigned=tls,cert=selfsigned wrongname=tls,cert=wrongname revoked=tls,cert=revoked
# peers: rsa=tls,cert=server-rsa revoked12=tls12,cert=revoked
import hashlib
from harness import *

import ssl


def client(*files):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for file in files:
        context.load_verify_locations(pki(file))
    return context


def connect(context, peer, name="localhost"):
    ss = context.wrap_socket(socket.socket(), server_hostname=name)
    try:
        ss.connect(getattr(peers, peer))
        exchange(ss)
    finally:
        ss.close()


def refused(context, peer, contains, alert=None, name="localhost"):
    forget()
    error = raises(ssl.SSLCertVerificationError, connect, context, peer, name, contains=contains)
    if alert:
        end = report(peer)["end"]
        true(alert in end, "the peer saw " + end)
    return error


# ---- pins ----


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


@test
def pins_bind_sessions():
    context = client("roots.pem")
    context.session_cache_size = 0
    ss = context.wrap_socket(socket.socket(), server_hostname="localhost")
    ss.connect(peers.tls13)
    exchange(ss)
    session = ss.session
    ss.close()
    other = client("roots.pem")
    other.pins = [certificate_pin("direct")]
    ss = other.wrap_socket(socket.socket(), server_hostname="localhost", session=session)
    raises(ssl.SSLCertVerificationError, ss.connect, peers.tls13, contains="pinned")
    ss = context.wrap_socket(socket.socket(), server_hostname="localhost", session=session)
    ss.connect(peers.tls13)
    exchange(ss)
    true(ss.session_reused, "its own context did not resume")
    ss.close()


@test
def a_pin_is_no_anchor_of_sessions():
    # One context trusts a certificate, the other has pinned it.
    one = client("roots.pem", "direct.pem")
    one.session_cache_size = 0
    ss = one.wrap_socket(socket.socket(), server_hostname="localhost")
    ss.connect(peers.tls13)
    exchange(ss)
    session = ss.session
    ss.close()
    other = client("roots.pem")
    other.pins = [certificate_pin("direct")]
    ss = other.wrap_socket(socket.socket(), server_hostname="localhost", session=session)
    raises(ssl.SSLCertVerificationError, ss.connect, peers.tls13, contains="pinned")


def over_memory(own, cert, key):
    # A handshake with a server of our own, which has this chain.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki(cert), pki(key))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [own.wrap_bio(to_client, to_server, server_hostname="localhost"), context.wrap_bio(to_server, to_client, server_side=True)]
    for _ in range(10):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
    return ends[0]


@test
def a_pinned_issuer_must_have_signed():
    # Anybody can send it along. The callback alone decides, but not about pins.
    own = client()
    own.verify_mode = ssl.CERT_OPTIONAL
    own.verify_callback = lambda cert, depth: 0
    own.pins = [certificate_pin("inter-ecdsa")]
    raises(ssl.SSLCertVerificationError, over_memory, own, "forged.true.pem", "forged.key", contains="pinned")
    over_memory(own, "server-ecdsa.chain.pem", "server-ecdsa.key")


# ---- revocation ----


def lists(flags, *files):
    context = client("roots.pem")
    try:
        context.verify_flags |= flags
    except ValueError as error:
        raise Skip(str(error))
    for file in files:
        context.load_verify_locations(pki(file))
    return context


@test
def revoked():
    for peer in ("revoked", "revoked12"):
        error = refused(lists(ssl.VERIFY_CRL_CHECK_LEAF, "crls.pem"), peer, ("localhost", "revoked"), "REVOKED")
        equal(error.verify_code, 23)


@test
def no_list():
    error = refused(lists(ssl.VERIFY_CRL_CHECK_CHAIN, "crl-inter.pem"), "tls13", "no revocation list")
    true("depth 2" in str(error) or "root" in str(error), str(error))
    refused(lists(ssl.VERIFY_CRL_CHECK_LEAF, "crl-false.pem"), "tls13", ("localhost", "no revocation list"))


@test
def old_list():
    refused(lists(ssl.VERIFY_CRL_CHECK_LEAF, "crl-old.pem"), "tls13", "out of date")


@test
def lists_alone_are_no_anchors():
    environment("roots.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    context.load_verify_locations(pki("crls.pem"))
    connect(context, "tls13")
    refused(context, "revoked", "revoked")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_verify_locations(pki("crls.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    raises(ValueError, context.wrap_bio, ssl.MemoryBIO(), ssl.MemoryBIO(), True, contains="nothing to verify with")


@test
def unknown_flags():
    context = client()
    for wrong in (1, 0x10, -1, 1 << 40):
        raises(ValueError, setattr, context, "verify_flags", wrong, contains="verify_flags")


# ---- dates ----


@test
def dates_do_not_matter():
    context = client("roots.pem")
    context.verify_flags |= ssl.VERIFY_NO_CHECK_TIME
    for peer in ("expired", "future", "tls13"):
        connect(context, peer)
    refused(context, "other", "unknown issuer")
    refused(context, "wrongname", "does not match")


@test
def dates_matter_when_the_clock_is_set():
    context = client("roots.pem")
    context.verify_flags |= ssl.VERIFY_TIME_IF_SET
    if time.time() + (946684800 if time.gmtime(0)[0] == 2000 else 0) < 1704067200:
        raise Skip("the clock is not set")
    refused(context, "expired", "expired on")
    connect(context, "tls13")


# ---- default roots, and what the peer showed ----


def environment(file):
    import os
    if not hasattr(os, "putenv"):
        raise Skip("there is no environment to name roots in")
    os.putenv("SSL_CERT_FILE", pki(file))
    os.putenv("SSL_CERT_DIR", pki("nowhere"))


@test
def default_roots():
    environment("roots.pem")
    for context in (ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)):
        for peer in ("tls12", "tls13", "rsa"):
            connect(context, peer)
        for peer, says in (("other", "unknown issuer"), ("expired", "expired on"), ("wrongname", "does not match"),
                           ("selfsigned", "self-signed")):
            refused(context, peer, says)
    environment("other-root.pem")
    connect(ssl.create_default_context(), "other")
    refused(ssl.create_default_context(), "tls13", "unknown issuer")


@test
def odd_default_roots():
    # A server's own certificate is found among them; a bundle is for firmware's flash only.
    environment("selfsigned.pem")
    connect(ssl.create_default_context(), "selfsigned")
    environment("roots.bundle")
    equal(ssl.create_default_context().cert_store_stats()["x509"], 0)
    raises(ValueError, connect, ssl.create_default_context(), "tls13", contains="nothing to verify with")


@test
def default_roots_beside_a_callback():
    environment("roots.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_callback = lambda cert, depth: 0
    connect(context, "tls13")
    refused(context, "other", "unknown issuer")
    environment("nowhere")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_callback = lambda cert, depth: 0
    refused(context, "tls13", "unknown issuer")


@test
def default_roots_give_way():
    environment("other-root.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    connect(context, "other")
    context.load_verify_locations(pki("roots.pem"))
    connect(context, "tls13")
    refused(context, "other", "unknown issuer")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    connect(context, "other")
    context.load_verify_locations(pki("other-root.pem"))  # one of those that go
    connect(context, "other")


@test
def no_default_roots():
    environment("nothing.pem")
    raises(ValueError, connect, ssl.create_default_context(), "tls13", contains="nothing to verify with")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki("direct.pem"), pki("direct.key"))
    environment("roots.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    raises(ValueError, context.wrap_bio, ssl.MemoryBIO(), ssl.MemoryBIO(), True, contains="nothing to verify with")
    raises(ValueError, ssl.wrap_socket, socket.socket(), cert_reqs=ssl.CERT_REQUIRED, contains="ca_certs")


@test
def names_that_control_terminals():
    error = raises(ssl.SSLCertVerificationError, over_memory, client("roots.pem"), "shown-control.pem", "direct.key",
                   contains="evil\ufffd31m")
    true("\x9b" not in words(error), "there is a CSI in it")


@test
def a_certificate_with_many_names():
    if peers.BOARD:
        raise Skip("more than its heap has room for")
    names = over_memory(client("roots.pem"), "alt-many.pem", "direct.key").getpeercert()["subjectAltName"]
    equal(len(names), 901)
    equal((names[0], names[900]), (("DNS", "localhost"), ("DNS", "899.example")))


def chains(peer):
    context = client("roots.pem")
    for kept in (False, True):
        context.keep_peer_chain = kept
        ss = context.wrap_socket(socket.socket(), server_hostname="localhost")
        ss.connect(getattr(peers, peer))
        if kept:
            sent = [content(name + ".der") for name in ("server-ecdsa", "inter-ecdsa")]
            equal(ss.get_unverified_chain(), sent)
            equal(ss.get_verified_chain(), sent + [content("root-ecdsa.der")])
        else:
            raises(ValueError, ss.get_verified_chain, contains="keep_peer_chain")
        ss.close()
        context.session_cache_size = 0  # the next handshake is a full one


case("chains, TLS 1.2", chains, "tls12")
case("chains, TLS 1.3", chains, "tls13")


# ---- own certificates and keys ----


def loaded(name, password="secret", other=()):
    # Used by a server of our own, over memory.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(pki(name + ".p12"), password=password)
    except ssl.SSLError as error:
        if "BAD_CERTIFICATE" in str(error.reason) and peers.BOARD:
            raise Skip("this build has no PKCS#12")
        raise
    own = client("roots.pem", *other)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [own.wrap_bio(to_client, to_server, server_hostname="localhost"), context.wrap_bio(to_server, to_client, server_side=True)]
    for _ in range(10):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                pass
    equal(ends[0].getpeercert(True), content({"rsa": "server-rsa", "leaf": "direct"}.get(name, "server-ecdsa") + ".der"))


for _name in ("aes", "rsa", "sha1", "sha512", "open-certs", "open-key", "open", "no-mac", "leaf"):
    case("PKCS#12: " + _name, loaded, _name)


def not_loaded(name, password, reason):
    error = raises(ssl.SSLError, loaded, name, password)
    equal(error.reason, reason)


case("PKCS#12: wrong password", not_loaded, "aes", "wrong", "BAD_PASSWORD")
case("PKCS#12: wrong password, no MAC", not_loaded, "no-mac", "wrong", "BAD_PASSWORD")
case("PKCS#12: no password", not_loaded, "aes", None, "BAD_PASSWORD")
case("PKCS#12: encrypted in the old way", not_loaded, "old", "secret", "BAD_PKCS12")


@test
def pkcs12_as_data_and_by_function():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(content("aes.p12"), password=lambda: b"secret")
    except ssl.SSLError as error:
        if error.reason == "BAD_CERTIFICATE" and peers.BOARD:
            raise Skip("this build has no PKCS#12")
        raise
    context.load_cert_chain(pki("longest.p12"), password=31 * "p")
    error = raises(ssl.SSLError, context.load_cert_chain, pki("longest.p12"), password=32 * "p")
    equal(error.reason, "BAD_PASSWORD")
    for wrong in (32 * "p", "p\xe4ssword"):
        error = raises(ValueError, context.load_cert_chain, pki("aes.p12"), password=wrong, contains="must be ASCII, of 31 characters")
        equal(error.reason, "BAD_PASSWORD")
    raises(ssl.SSLError, context.load_cert_chain, content("aes.p12")[:-100], password="secret")
    raises(ValueError, context.load_cert_chain, pki("no-key.p12"), password="")


@test
def an_encrypted_key_in_der():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert, key = content("direct.der"), content("enc-aes256.key.der")
    for password in ("secret", b"secret", lambda: "secret"):
        context.load_cert_chain(cert, key, password)
    for password in (None, "", lambda: ""):
        equal(raises(ssl.SSLError, context.load_cert_chain, cert, key, password).reason, "BAD_PASSWORD")
    raises(TypeError, context.load_cert_chain, cert, key, lambda: None, contains="password must give str or bytes, not 'NoneType'")
    equal(raises(ssl.SSLError, context.load_cert_chain, cert, cert).reason, "BAD_PRIVATE_KEY")


# Once in a hundred or so a wrong password leaves what looks like padding.
def many_wrong_passwords(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert, key = content(cert), key and content(key)
    for i in range(2000 if not peers.BOARD else 20):
        try:
            context.load_cert_chain(cert, key, "wrong %d" % i)
        except ssl.SSLError as error:
            if error.reason == "BAD_CERTIFICATE" and peers.BOARD:
                raise Skip("this build has no PKCS#12")
            equal(error.reason, "BAD_PASSWORD")
            true("the password is missing or wrong, or the key is damaged" in str(error), str(error))


for _cert, _key in (("direct.pem", "enc-quick.key"), ("direct.pem", "enc-old-aes.key"), ("server-rsa.pem", "enc-old-rsa.key"),
                    ("quick.p12", None)):
    case("many wrong passwords: " + (_key or _cert), many_wrong_passwords, _cert, _key)


@test
def a_damaged_key():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key = bytearray(content("enc-aes256.key.der"))
    key[-1] ^= 1
    error = raises(ssl.SSLError, context.load_cert_chain, content("direct.der"), key, "secret", contains="or the key is damaged")
    equal(error.reason, "BAD_PASSWORD")


@test
def a_key_that_takes_hours():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    error = raises(ssl.SSLError, context.load_cert_chain, pki("direct.pem"), pki("enc-endless.key"), "secret")
    equal(error.reason, "BAD_PRIVATE_KEY")


@test
def a_context_that_goes_meanwhile():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def password():
        context.__del__()
        return "secret"

    raises(ValueError, context.load_cert_chain, pki("direct.pem"), pki("enc-aes256.key"), password, contains="gone")
    context = client("roots.pem")
    ss = context.wrap_socket(socket.socket(), server_hostname="localhost")
    context.__del__()
    raises(ValueError, ss.connect, peers.tls13, contains="gone")
    ss.close()


run()
