# Pre-shared keys, in TLS 1.2 and 1.3.
# differs: a client's callback returns *: what is wrong is raised to the caller of the handshake, and any bytes will do
# differs: a server's callback returns a *: the same
# differs: a server's callback returns text*: the same
# differs: a callback raises, *: what it raises reaches the caller of the handshake
# differs: a server's callback taken away*: a server with neither key nor certificate is told so before it reads anything
# differs: the client has no key, TLS 1.3: the client knows before it says hello
# differs: a key, TLS 1.3: OpenSSL calls such a connection reused; here that word is for sessions
# differs: with a hint, TLS 1.3: the same
# differs: cipher, ECDHE-PSK-AES128-CBC-SHA256*: OpenSSL names the version that the suite is from
# differs: the hint is bytes: they are taken too
from same import *

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
KEY, OTHER = b"0123456789abcdef", b"fedcba9876543210"
SUITES = {V12: ("ECDHE-PSK-CHACHA20-POLY1305", "PSK-AES128-GCM-SHA256", "PSK-CHACHA20-POLY1305", "PSK-AES256-GCM-SHA384", "ECDHE-PSK-AES128-CBC-SHA256"),
          V13: (None,)}
asked = []


def asked_for(answer):
    # A callback that notes what it is asked with.
    def callback(what):
        asked.append(what)
        return answer
    return callback


def context(protocol, version, suite):
    made = ssl.SSLContext(protocol)
    made.minimum_version = made.maximum_version = version
    if suite:
        made.set_ciphers(suite)
    return made


def ends(version, suite, client_answer, server_answer, hint=None, certificate=False):
    c = context(ssl.PROTOCOL_TLS_CLIENT, version, suite)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    c.set_psk_client_callback(asked_for(client_answer))
    s = context(ssl.PROTOCOL_TLS_SERVER, version, suite)
    s.set_psk_server_callback(asked_for(server_answer), hint)
    if certificate:
        s.load_cert_chain(PKI + "direct.pem", PKI + "direct.key")
    return c, s


def said(c, s):
    # One byte each way, and what the ends know of the connection.
    c.write(b"x")
    s.write(b"y")
    return (s.read(5), c.read(5), c.version(), s.version(), c.cipher() == s.cipher(), c.session_reused, s.session_reused,
            c.getpeercert(), s.getpeercert())


def run(*args, **named):
    # Both ends, or what the handshake has come to.
    asked.clear()
    result = outcome(pair, *ends(*args, **named))
    return said(*result) if isinstance(result, tuple) else result


def both(c, s):
    # What the handshake comes to at each end, whoever notices first.
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = c.wrap_bio(to_client, to_server), s.wrap_bio(to_server, to_client, server_side=True)
    results = ["SSLWantReadError"] * 2
    for _ in range(6):
        for i in range(2):
            if results[i] == "SSLWantReadError":
                results[i] = outcome(sides[i].do_handshake)
    if results[0] is None and results[1] not in (None, "SSLWantReadError"):
        results[0] = outcome(sides[0].read, 1)  # in TLS 1.3 a client hears it later
    return results


for version in (V12, V13):
    where = ", TLS 1.%d" % (version - 0x301)
    for suite in SUITES[version]:
        name = (", " + suite if suite else "") + where
        show("a key" + name, run(version, suite, ("device 1", KEY), KEY))
        show("asked" + name, sorted(repr(one) for one in asked))
        show("with a hint" + name, run(version, suite, ("device 1", KEY), KEY, hint="a hint"))
        show("asked, with a hint" + name, sorted(repr(one) for one in asked))
        if version == V12:
            show("cipher" + name, outcome(lambda: pair(*ends(version, suite, ("device 1", KEY), KEY))[0].cipher()))
        show("another key" + name, both(*ends(version, suite, ("device 1", KEY), OTHER)))
        show("the server has no key" + name, both(*ends(version, suite, ("device 1", KEY), b"")))
        show("the client has no key" + name, both(*ends(version, suite, ("device 1", b""), KEY)))

    suite = SUITES[version][0]
    for length in (1, 16, 32, 64):
        show("key of %d bytes" % length + where, run(version, suite, ("d", bytes(length)), bytes(length))[:2])
    for identity in ("x", "ger\u00e4t", "a" * 128):
        run(version, suite, (identity, KEY), KEY)
        show("identity of %d letters" % len(identity) + where, identity in asked)
    for title, answer in (("None", None), ("a number", 5), ("a key alone", KEY), ("text for a key", ("d", "key")), ("three", ("d", KEY, 1)),
                          ("a number for an identity", (5, KEY)), ("a bytearray", ("d", bytearray(KEY)))):
        show("a client's callback returns %s" % title + where, both(*ends(version, suite, answer, KEY)))
    for title, answer in (("None", None), ("a number", 5), ("text", "key"), ("a tuple", (KEY,)), ("a bytearray", bytearray(KEY))):
        show("a server's callback returns %s" % title + where, both(*ends(version, suite, ("d", KEY), answer)))

    def raising(what):
        raise KeyError("no")

    if sys.implementation.name == "cpython":
        sys.unraisablehook = lambda unraisable: None
    for side in (0, 1):
        two = ends(version, suite, ("d", KEY), KEY)
        (two[0].set_psk_client_callback, two[1].set_psk_server_callback)[side](raising)
        show("a callback raises, %s" % ("client", "server")[side] + where, both(*two))

    two = ends(version, suite, ("d", KEY), KEY)
    two[1].set_psk_server_callback(None)
    show("a server's callback taken away" + where, both(*two))
    two = ends(version, suite, ("d", KEY), KEY, certificate=True)
    two[0].set_psk_client_callback(None)
    two[1].set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    two[0].set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
    show("a client without a key, a server with a certificate" + where, both(*two))

c, s = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
show("a server's callback on a client", outcome(c.set_psk_server_callback, asked_for(KEY)))
show("a client's callback on a server", outcome(s.set_psk_client_callback, asked_for(KEY)))
show("no callback", [outcome(c.set_psk_client_callback, wrong) for wrong in (5, "x", KEY)])
show("no callback, server", [outcome(s.set_psk_server_callback, wrong) for wrong in (5, "x", KEY)])
show("none", (outcome(c.set_psk_client_callback, None), outcome(s.set_psk_server_callback, None)))
show("the hint is a number", outcome(s.set_psk_server_callback, asked_for(KEY), 5))
show("the hint is bytes", outcome(s.set_psk_server_callback, asked_for(KEY), b"hint"))
show("the hint by name", outcome(lambda: s.set_psk_server_callback(asked_for(KEY), identity_hint="x")))
show("the callback by name", outcome(lambda: c.set_psk_client_callback(callback=asked_for(KEY))))
show("HAS_PSK", ssl.HAS_PSK)
