# Pre-shared keys: both ends are here, over memory; what other programs make of it is in
# tests/interop. Certificates may be there too, and are then verified as ever.
# peers: tls12 tls13
import gc
import time
from ends import *

KEY = b"sixteen bytes..."


def client(version=None, callback=None, identity=b"device 1", key=KEY):
    # With CPython's callback, or with MicroPython's attributes.
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if version is not None:
        made.maximum_version = version
        made.minimum_version = version
    if callback is not None:
        made.set_psk_client_callback(callback)
    elif identity is not None:
        made.psk_identity = identity
        made.psk_key = key
    return made


def server(callback=None, hint=None, keys={b"device 1": KEY}, certificate=False):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if callback is not None:
        made.set_psk_server_callback(callback, hint)
    elif keys is not None:
        made.server_psk_keys = keys
    if certificate:
        made.load_cert_chain(pki("server-ecdsa.chain.pem"), pki("server-ecdsa.key"))
    return made


class Pair(Ends):
    def __init__(self, client, server, name=None):
        super().__init__(client, server, name)

    def works(self):
        self.good()
        for end in (self.client, self.server):
            equal(end.session_reused, False)
            equal(end.getpeercert(), None)
        return self

    def fails(self, side, contains, kind=ssl.SSLError):
        error = getattr(self, side + "_error")
        true(isinstance(error, kind), "%s: %r" % (side, error))
        true(contains in words(error), words(error))
        return error


# ---- it works ----


@test
def attributes():
    for version in VERSIONS:
        pair = Pair(client(version), server()).works()
        equal(pair.client.version(), "TLSv1.2" if version == VERSIONS[0] else "TLSv1.3")
    equal(Pair(client(VERSIONS[0]), server()).works().client.cipher()[0], "ECDHE-PSK-CHACHA20-POLY1305")


@test
def callbacks():
    for version in VERSIONS:
        asked = []

        def of_client(hint):
            asked.append(hint)
            return "device 1", KEY

        def of_server(identity):
            asked.append(identity)
            return KEY

        Pair(client(version, of_client), server(of_server, "a hint")).works()
        equal(len(asked), 2)
        true("device 1" in asked and ("a hint" if version == VERSIONS[0] else None) in asked, repr(asked))


@test
def callback_is_asked_again_where_the_server_speaks_1_2():
    hints = []
    made = server(hint="h", callback=lambda identity: KEY)
    made.maximum_version = ssl.TLSVersion.TLSv1_2
    Pair(client(None, lambda hint: (hints.append(hint), ("d", KEY))[1]), made).works()
    equal(hints, [None, "h"])


@test
def hint_without_ecdhe():
    for hint in (None, "plain"):
        hints = []
        ends = client(VERSIONS[0], lambda hint: (hints.append(hint), ("d", KEY))[1]), server(lambda identity: KEY, hint)
        for end in ends:
            end.set_ciphers("PSK-AES128-GCM-SHA256")
        equal(Pair(*ends).works().client.cipher(), ("PSK-AES128-GCM-SHA256", "TLSv1.2", 128))
        equal(hints, [hint])


@test
def the_longest():
    identity, key = b"i" * 256, b"k" * 64
    for version in VERSIONS:
        Pair(client(version, identity=identity, key=key), server(keys={identity: key})).works()


@test
def of_a_context_that_sni_callback_chose():
    if not hasattr(server(), "sni_callback"):
        raise Skip("no sni_callback in this build")
    keyed_alone = server()

    def choose(sslobj, name, context):
        sslobj.context = keyed_alone

    for version in VERSIONS:
        first = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        first.sni_callback = choose
        Pair(client(version), first, "localhost").works()


@test
def keys_may_be_added_while_the_server_runs():
    keys = {}
    made = server(keys=keys)
    Pair(client(), made).fails("server", "no pre-shared key (PSK) for this peer")
    keys[b"device 1"] = KEY
    Pair(client(), made).works()


@test
def keys_from_an_object():
    class Keys:
        def get(self, identity):
            return bytearray(KEY) if identity == b"device 1" else None

    Pair(client(), server(keys=Keys())).works()


@test
def identity_as_text_and_as_bytes():
    for version in VERSIONS:
        Pair(client(version, identity="ger\u00e4t"), server(keys={"ger\u00e4t".encode(): KEY})).works()
        Pair(client(version, lambda hint: (b"\xff\xfe", KEY)), server(keys={b"\xff\xfe": KEY})).works()


@test
def over_sockets():
    made = server()
    listener = socket.socket()
    address = (peers.HERE, order(do="free_port")["port"])
    listener.bind(sockaddr(address))
    listener.listen(1)
    plain = tcp(address)
    accepted = made.wrap_socket(listener.accept()[0], server_side=True, do_handshake_on_connect=False)
    ss = client().wrap_socket(plain, do_handshake_on_connect=False)
    ss.setblocking(False)
    accepted.setblocking(False)
    waiting = [ss, accepted]
    start = time.ticks_ms()
    while waiting and time.ticks_diff(time.ticks_ms(), start) < 20000:
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                time.sleep_ms(1)
    ss.setblocking(True)
    accepted.setblocking(True)
    ss.write(b"x")
    equal(accepted.read(1), b"x")
    for s in (ss, accepted, listener):
        s.close()


# ---- what is wrong ----


@test
def another_key():
    for version in VERSIONS:
        pair = Pair(client(version, key=b"another"), server())
        equal(pair.fails("server", "the pre-shared key (PSK) is not the peer's").reason, "PSK_MISMATCH")
        if version == VERSIONS[1]:  # where the client is done before the server looks
            error = pair.client_error or raises(ssl.SSLError, pair.client.read, 1)
        else:
            error = pair.client_error
        true("same at both ends" in words(error), words(error))


@test
def unknown_identity():
    for version in VERSIONS:
        pair = Pair(client(version, identity=b"stranger"), server())
        equal(pair.fails("server", "no pre-shared key").reason, "PSK_IDENTITY_NOT_FOUND")
        pair.fails("client", "alert unknown_psk_identity")


@test
def no_key_from_the_callback():
    for nothing in (("device 1", b""), (None, None), ("device 1", None)):
        for version in VERSIONS:
            equal(Pair(client(version, lambda hint: nothing), server()).client_error.reason, "PSK_IDENTITY_NOT_FOUND")
    for nothing in (b"", None):
        Pair(client(), server(lambda identity: nothing)).fails("client", "alert unknown_psk_identity")


@test
def text_callback_is_not_asked_about_what_is_no_text():
    asked = []
    Pair(client(identity=b"\xff\xfe"), server(lambda identity: asked.append(identity))).fails("server", "no pre-shared key")
    equal(asked, [])


def vector(size, data):
    return len(data).to_bytes(size, "big") + data


def hello_with(identities):
    # A ClientHello of TLS 1.3 that offers these; its binders are not looked at before one is known.
    offered = b"".join([vector(2, identity) + bytes(4) for identity in identities])
    binders = b"".join([vector(1, bytes(32)) for _ in identities])
    extensions = ((43, b"\x02\x03\x04"), (10, vector(2, b"\x00\x1d")), (13, vector(2, b"\x04\x03")),
                  (51, vector(2, b"\x00\x1d" + vector(2, bytes(range(32))))), (45, b"\x01\x01"),
                  (41, vector(2, offered) + vector(2, binders)))
    data = b"".join([kind.to_bytes(2, "big") + vector(2, content) for kind, content in extensions])
    body = b"\x03\x03" + bytes(32) + vector(1, b"") + vector(2, b"\x13\x03\x13\x01") + b"\x01\x00" + vector(2, data)
    return b"\x16\x03\x01" + vector(2, b"\x01" + vector(3, body))


@test
def asked_eight_times_at_most():
    # Each question may cost a look into a data base, and a hello has room for hundreds.
    for count in (3, 8, 9, 100):
        asked = []
        incoming = ssl.MemoryBIO()
        end = server(lambda identity: asked.append(identity)).wrap_bio(incoming, ssl.MemoryBIO(), True)
        incoming.write(hello_with([b"identity %d" % number for number in range(count)]))
        equal(raises(ssl.SSLError, end.do_handshake).reason, "PSK_IDENTITY_NOT_FOUND")
        equal(asked, ["identity %d" % number for number in range(min(count, 8))])


class Odd(Exception):
    pass


def odd(told):
    raise Odd(told)


@test
def exceptions_reach_the_caller():
    for version in VERSIONS:
        Pair(client(version, odd), server()).fails("client", "", Odd)
        for certificate in (False, True):
            pair = Pair(client(version), server(odd, certificate=certificate))
            pair.fails("server", "device 1", Odd)
            pair.fails("client", "alert")
        # Not even a client that would take the certificate is let in.
        pair = Pair(verifying(version, keyed), server(odd, certificate=True), "localhost")
        pair.fails("server", "device 1", Odd)
        pair.fails("client", "alert")


@test
def wrong_answers():
    for answer, kind, text in ((None, TypeError, "must give (identity, key), not 'NoneType'"), (1, TypeError, "not 'int'"),
                               (("d",), TypeError, "must give (identity, key), not 'tuple'"),
                               (("d", "text"), TypeError, "must give bytes or None, not 'str'"),
                               ((1, KEY), TypeError, "must give an identity of str, bytes or None, not 'int'"),
                               (("d", bytes(65)), ssl.SSLError, ""), (("d" * 257, KEY), ssl.SSLError, "")):
        error = Pair(client(None, lambda hint: answer), server()).fails("client", text, kind)
        true(kind is not TypeError or "psk_client_callback" in str(error), str(error))
    for answer, kind, text in ((1, TypeError, "psk_server_callback must give bytes or None, not 'int'"),
                               ("text", TypeError, "psk_server_callback"), (bytes(65), ssl.SSLError, "")):
        Pair(client(), server(lambda identity: answer)).fails("server", text, kind)
    Pair(client(), server(keys={b"device 1": "text"})).fails("server", "server_psk_keys must give bytes", TypeError)


@test
def wrong_settings():
    made = client()
    raises(ssl.SSLError, setattr, made, "psk_key", b"", contains="1 to 64")
    raises(ssl.SSLError, setattr, made, "psk_key", bytes(65))
    raises(ssl.SSLError, setattr, made, "psk_identity", b"")
    raises(ssl.SSLError, setattr, made, "psk_identity", bytes(257))
    raises(TypeError, setattr, made, "psk_key", 1)
    raises(TypeError, setattr, made, "psk_key", "text", contains="psk_key must be bytes")
    raises(AttributeError, setattr, made, "server_psk_keys", 1)
    raises(TypeError, made.set_psk_client_callback, 1)
    raises(ssl.SSLError, made.set_psk_server_callback, None, contains="Cannot add PSK server callback")
    raises(ssl.SSLError, server().set_psk_client_callback, None, contains="Cannot add PSK client callback")
    raises(TypeError, server().set_psk_server_callback, odd, 1)
    raises(ssl.SSLError, server().set_psk_server_callback, odd, "h" * 257)
    equal((made.psk_identity, made.psk_key, made.server_psk_keys), (b"device 1", KEY, None))


@test
def none_takes_them_away():
    made = client()
    made.psk_key = None
    equal(made.psk_key, None)
    made.set_psk_client_callback(odd)
    made.set_psk_client_callback(None)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    ends = server(certificate=True)
    ends.server_psk_keys = None
    ends.set_psk_server_callback(odd)
    ends.set_psk_server_callback(None)
    Pair(made, ends).good()
    Pair(made, server(keys=None)).fails("server", "needs a certificate", ValueError)


@test
def not_while_it_is_used():
    ends = client(), server()
    pair = Pair(*ends).works()
    for made, name, value in ((ends[0], "psk_key", b"other"), (ends[0], "psk_identity", b"other"), (ends[1], "server_psk_keys", {})):
        raises(ValueError, setattr, made, name, value, contains="in use")
    raises(ValueError, ends[0].set_psk_client_callback, odd)
    raises(ValueError, ends[1].set_psk_server_callback, odd)
    pair.works()


# ---- beside certificates ----


def verifying(version, callback):
    made = client(version, callback)
    made.load_verify_locations(pki("root-ecdsa.pem"))
    return made


def keyed(hint):
    return "device 1", KEY


@test
def key_comes_before_the_certificate():
    for version in VERSIONS:
        Pair(verifying(version, keyed), server(lambda identity: KEY, certificate=True), "localhost").works()


@test
def certificate_instead_is_verified():
    for version in VERSIONS:
        pair = Pair(verifying(version, keyed), server(keys=None, certificate=True), "localhost")
        pair.good()
        true(pair.client.getpeercert(True), "no certificate")
        Pair(verifying(version, keyed), server(keys=None, certificate=True), "elsewhere").fails(
            "client", "does not match", ssl.SSLCertVerificationError)


@test
def name_is_asked_for_where_a_certificate_may_come():
    raises(ValueError, Pair, verifying(None, keyed), server(), contains="server_hostname")


@test
def no_certificate_that_nobody_verifies():
    for version in VERSIONS:
        for callback in (keyed, None):
            for mode in (ssl.CERT_NONE, ssl.CERT_REQUIRED):
                made = client(version, callback)
                made.check_hostname = mode != ssl.CERT_NONE
                made.verify_mode = mode
                if mode == ssl.CERT_NONE:
                    made.load_verify_locations(pki("root-ecdsa.pem"))
                Pair(made, server(keys=None, certificate=True)).fails("client", "the peer refused")


@test
def attributes_mean_the_key_alone():
    for version in VERSIONS:
        made = client(version)
        made.load_verify_locations(pki("root-ecdsa.pem"))
        Pair(made, server(keys=None, certificate=True), "localhost").fails("client", "the peer refused")
        trusting = client(version, identity=None)
        trusting.load_verify_locations(pki("root-ecdsa.pem"))
        Pair(trusting, server(certificate=True), "localhost").fails("client", "the peer refused")


@test
def client_certificates_are_for_those_without_a_key():
    ends = server(lambda identity: KEY, certificate=True)
    ends.verify_mode = ssl.CERT_REQUIRED
    ends.load_verify_locations(pki("root-ecdsa.pem"))
    for version in VERSIONS:
        Pair(client(version), ends).works()
        bare = client(version, identity=None)
        bare.check_hostname = False
        bare.verify_mode = ssl.CERT_NONE
        Pair(bare, ends).fails("server", "no certificate", ssl.SSLError)


# ---- sessions ----


@test
def nothing_to_save():
    for version in VERSIONS:
        pair = Pair(client(version), server()).works()
        equal(pair.client.session, None)
        raises(ssl.SSLError, ssl.save_session, pair.client, contains="no session ticket")


@test
def nothing_unverified_is_resumed():
    for version, peer in zip(VERSIONS, (peers.tls12, peers.tls13)):
        bare = ssl.wrap_socket(tcp(peer), ssl_version=version)
        exchange(bare)
        session = ssl.save_session(bare)
        bare.close()
        made = client(version, keyed)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        raises(ssl.SSLError, made.wrap_socket, tcp(peer), session=session)


@test
def ciphers():
    names = [cipher["name"] for cipher in client().get_ciphers()]
    for name in ("ECDHE-PSK-CHACHA20-POLY1305", "PSK-AES128-GCM-SHA256"):
        true(name in names, name)
    made = client(VERSIONS[0])
    made.set_ciphers("PSK")
    equal([c["name"] for c in made.get_ciphers() if c["protocol"] == "TLSv1.2"], ["ECDHE-PSK-CHACHA20-POLY1305"])
    Pair(made, server()).works()


@test
def memory_is_given_back():
    ends = client(), server()
    Pair(*ends).works()
    gc.collect()
    before = ends[0].memory(), ends[1].memory()
    for _ in range(3):
        Pair(*ends).works()
    gc.collect()
    equal((ends[0].memory(), ends[1].memory()), before)


run()
