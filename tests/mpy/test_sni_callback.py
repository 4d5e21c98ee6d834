# A server chooses its context by the name that a client asks for.
# timeout: 120
from ends import *

if not hasattr(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), "sni_callback"):
    print("skip - sni_callback: not in this build")
    sys.exit()

KEYS = [b"k" * 32]


def server(callback=None, cert="server-ecdsa", verify=None, keys=KEYS, alpn=(), version=None):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if cert:
        ctx.load_cert_chain(pki(cert + ".chain.pem"), pki(cert + ".key"))
    if verify is not None:
        ctx.load_verify_locations(pki("root-ecdsa.pem"))
        ctx.verify_mode = verify
    if version is not None:
        ctx.minimum_version = ctx.maximum_version = version
    ctx.set_ticket_keys(keys)
    ctx.set_alpn_protocols(alpn)
    ctx.sni_callback = callback
    return ctx


def client(version=None, ca="root-ecdsa", cert=None, alpn=()):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki(ca + ".pem"))
    ctx.session_cache_size = 0
    if version is not None:
        ctx.minimum_version = ctx.maximum_version = version
    if cert:
        ctx.load_cert_chain(pki(cert + ".chain.pem"), pki(cert + ".key"))
    ctx.set_alpn_protocols(alpn)
    return ctx


def chooser(**contexts):
    # By name; of others the first context stays.
    def callback(sslobj, name, context):
        if name and name.split(".")[0] in contexts:
            sslobj.context = contexts[name.split(".")[0]]
    return callback


# ---- what it is given ----


@both
def is_given(version):
    seen = []
    ctx = server(lambda *args: seen.append(args))
    for name, wanted in (("localhost", "localhost"), ("www.example.com", "www.example.com"), ("127.0.0.1", None),
                         (None, None)):
        mine = client(version)
        mine.check_hostname = name is not None
        ends = Ends(mine, ctx, name)
        equal([args[1] for args in seen], [wanted])
        true(seen[0][0] is ends.server, "another object")
        true(seen[0][2] is ctx, "another context")
        seen.clear()


@test
def attribute():
    ctx = server()
    equal(ctx.sni_callback, None)
    for wrong in (5, "x", b""):
        raises(TypeError, setattr, ctx, "sni_callback", wrong)
    raises(ValueError, setattr, client(), "sni_callback", print)
    if hasattr(ssl, "PROTOCOL_DTLS_SERVER"):
        datagrams = ssl.SSLContext(ssl.PROTOCOL_DTLS_SERVER)
        raises(ValueError, setattr, datagrams, "sni_callback", print, contains="servers of TLS")
        ends = Ends(client(), server(chooser(localhost=datagrams)))
        true(isinstance(ends.server_error, ValueError), repr(ends.server_error))


@test
def tickets_of_the_context_that_was_chosen():
    for first, chosen in ((1, 0), (0, 3)):
        ctx, other, own = server(), server(), client(VERSIONS[1])
        own.session_cache_size = 8
        ctx.num_tickets, other.num_tickets = first, chosen
        ctx.sni_callback = chooser(localhost=other)
        Ends(own, ctx).good()
        equal(own.session_stats()["number"], chosen)
    ctx.sni_callback = chooser
    true(ctx.sni_callback is chooser)
    ends = Ends(client(), server())
    raises(ValueError, setattr, ends.server.context, "sni_callback", None, contains="in use")
    raises(ValueError, setattr, ends.server, "context", ctx, contains="only sni_callback")
    raises(ValueError, setattr, ends.client, "context", ctx, contains="only sni_callback")


# ---- the choice ----


@both
def certificate(version):
    other = server(cert="other-server")
    ctx = server(chooser(www=other))
    Ends(client(version), ctx).good()
    ends = Ends(client(version, "other-root"), ctx, "www.example.test").good()
    true(ends.server.context is other, "the context is another")
    ends = Ends(client(version), ctx, "www.example.test")
    true(isinstance(ends.client_error, ssl.SSLCertVerificationError), repr(ends.client_error))


@both
def without_a_certificate_of_its_own(version):
    ctx = server(chooser(localhost=server()), cert=None)
    Ends(client(version), ctx).good()
    ends = Ends(client(version), ctx, "other.test")
    true(isinstance(ends.server_error, ValueError), repr(ends.server_error))
    true("certificate" in words(ends.server_error))
    true("HANDSHAKE" in ends.client_error.reason.upper() or "INTERNAL" in ends.client_error.reason.upper(), repr(ends.client_error))


@both
def client_certificate(version):
    ctx = server(chooser(localhost=server(verify=ssl.CERT_REQUIRED)))
    ends = Ends(client(version), ctx)
    true(isinstance(ends.server_error, ssl.SSLError), repr(ends.server_error))
    ends = Ends(client(version, cert="client-ecdsa"), ctx).good()
    equal(ends.server.getpeercert()["subject"][0][0][1], "client-ecdsa")
    ctx = server(chooser(localhost=server()), verify=ssl.CERT_REQUIRED)
    equal(Ends(client(version, cert="client-ecdsa"), ctx).good().server.getpeercert(), None)


@both
def protocol(version):
    ctx = server(chooser(localhost=server(alpn=["b", "a"])), alpn=["a", "b"])
    equal(Ends(client(version, alpn=["a", "b"]), ctx).good().server.selected_alpn_protocol(), "b")


@test
def versions():
    for first in VERSIONS + (None,):
        for second in VERSIONS:
            ctx = server(chooser(localhost=server(version=second)), version=first)
            for wish in VERSIONS + (None,):
                ends = Ends(client(wish), ctx)
                if wish in (None, second):
                    equal(ends.good().server.version(), "TLSv1.%d" % (second - 0x301))
                else:
                    true(ends.server_error and ends.client_error, "went through")


@test
def wrong_contexts():
    for wrong, kind in ((client(), ValueError), (None, TypeError), (5, TypeError)):
        def callback(sslobj, name, context):
            sslobj.context = wrong
        ends = Ends(client(), server(callback))
        true(isinstance(ends.server_error, kind), repr(ends.server_error))
        true("HANDSHAKE_FAILURE" in ends.client_error.reason.upper(), ends.client_error.reason)
    bare = server()
    bare.verify_mode = ssl.CERT_REQUIRED
    ends = Ends(client(), server(chooser(localhost=bare)))
    true("nothing to verify with" in words(ends.server_error), repr(ends.server_error))


@test
def a_context_in_use_is_frozen():
    other = server()
    ctx = server(chooser(localhost=other))
    ends = Ends(client(), ctx).good()
    raises(ValueError, setattr, other, "verify_mode", ssl.CERT_NONE, contains="in use")
    ctx.verify_mode = ssl.CERT_NONE  # it has no connection
    equal((ctx.session_stats()["accept"], other.session_stats()["accept"]), (0, 1))
    equal((ctx.session_stats()["accept_good"], other.session_stats()["accept_good"]), (0, 1))


# ---- sessions ----


def resumes(version, first, second, wanted, cert=None):
    ctx = client(version, cert=cert)
    session = Ends(ctx, first).good().client.session
    ends = Ends(ctx, second, session=session)
    if isinstance(wanted, bool):
        equal(ends.good().client.session_reused, wanted)
    else:
        true(isinstance(ends.server_error, wanted), repr(ends.server_error))


@both
def sessions_go_on(version):
    ctx = server(chooser(localhost=server()))
    resumes(version, ctx, ctx, True)
    resumes(version, ctx, server(chooser(localhost=server())), True)  # the keys are the same
    resumes(version, ctx, server(chooser(localhost=server(keys=None))), False)


@both
def no_ticket_passes_client_authentication(version):
    # All keys are shared: the context that was chosen decides.
    open_ctx, strict = server(), server(verify=ssl.CERT_REQUIRED)
    resumes(version, server(), server(chooser(localhost=strict)), ssl.SSLError)
    resumes(version, server(chooser(localhost=open_ctx)), server(chooser(localhost=strict)), ssl.SSLError)
    resumes(version, server(chooser(localhost=open_ctx), verify=ssl.CERT_REQUIRED), strict, ssl.SSLError)
    resumes(version, server(chooser(localhost=open_ctx)), server(chooser(localhost=server(verify=ssl.CERT_OPTIONAL))), False)
    resumes(version, server(chooser(localhost=strict)), server(chooser(localhost=open_ctx)), False, "client-ecdsa")
    resumes(version, server(chooser(localhost=strict)), server(chooser(localhost=strict)), True, "client-ecdsa")


# ---- ends ----


@both
def alert(version):
    for number, name in ((ssl.ALERT_DESCRIPTION_ACCESS_DENIED, "ACCESS_DENIED"),
                         (ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME, "UNRECOGNIZED_NAME")):
        ends = Ends(client(version), server(lambda *args: number))
        equal((type(ends.server_error), ends.server_error.reason), (ssl.SSLError, "CALLBACK_FAILED"))
        equal(ends.client_error.reason.upper(), name)
        raises(ssl.SSLError, ends.server.do_handshake)


@both
def exception(version):
    def callback(sslobj, name, context):
        raise KeyError(name)
    ends = Ends(client(version), server(callback))
    true(isinstance(ends.server_error, KeyError), repr(ends.server_error))
    equal(ends.server_error.args, ("localhost",))
    equal(ends.client_error.reason.upper(), "HANDSHAKE_FAILURE")


@test
def no_answer():
    for wrong, kind, text in (("x", TypeError, "sni_callback must give None or an alert (int), not 'str'"),
                              (256, ValueError, "sni_callback"), (-1, ValueError, ""), (1 << 70, ValueError, "")):
        ends = Ends(client(), server(lambda *args: wrong))
        true(isinstance(ends.server_error, kind) and text in str(ends.server_error), repr(ends.server_error))
        equal(ends.client_error.reason.upper(), "INTERNAL_ERROR")


@test
def the_callback_uses_the_connection():
    seen = []

    def callback(sslobj, name, context):
        for use in (sslobj.do_handshake, lambda: sslobj.read(1), lambda: sslobj.write(b"x")):
            try:
                use()
            except OSError as error:
                seen.append(error.errno)
        seen.append((sslobj.version(), sslobj.cipher(), sslobj.selected_alpn_protocol(), sslobj.server_side))
        Ends(client(), server()).good()  # and others

    Ends(client(), server(callback)).good()
    equal(seen, [16, 16, 16, (None, None, None, True)])


@test
def closed_by_the_callback():
    s = socket.socket()
    ctx = server(lambda sslobj, name, context: sslobj.close())
    address = (peers.HERE, order(do="free_port")["port"])
    ss = ctx.wrap_socket(s)
    ss.bind(sockaddr(address))
    ss.listen(1)
    call(address)
    try:
        conn = ss.accept()[0]
    except OSError:
        pass
    else:
        raises(OSError, conn.read, 1)
    ss.close()


@test
def a_lent_record_buffer():
    other = server()
    ctx = server(chooser(localhost=other))
    for one in (ctx, other):
        one.record_buffer = bytearray(20000)
    for version in VERSIONS:
        ends = Ends(client(version), ctx).good()
        ends.client.write(bytes(range(250)) * 20)
        equal(ends.server.read(5000), bytes(range(250)) * 20)


# ---- hostile hellos ----


def hello(*extensions, more=b""):
    # A ClientHello in a record, with these (type, data) in it.
    def vector(size, data):
        return len(data).to_bytes(size, "big") + data

    all_of_them = b"".join([kind.to_bytes(2, "big") + vector(2, data) for kind, data in extensions])
    body = b"\x03\x03" + bytes(32) + vector(1, b"") + vector(2, b"\xc0\x2b\x13\x01") + vector(1, b"\0") + vector(2, all_of_them) + more
    return b"\x16\x03\x01" + vector(2, b"\x01" + vector(3, body))


def names(*entries):
    data = b"".join([bytes([kind]) + len(name).to_bytes(2, "big") + name for kind, name in entries])
    return len(data).to_bytes(2, "big") + data


def refused(data):
    seen = []
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    end = server(lambda *args: seen.append(args)).wrap_bio(to_server, to_client, server_side=True)
    to_server.write(data)
    error = raises(ssl.SSLError, end.do_handshake)
    equal((error.reason, seen), ("DECODE_ERROR", []))
    equal(to_client.read()[:7], b"\x15\x03\x03\x00\x02\x02\x32")


SNI = 0
for _title, _data in (
    ("two extensions", hello((SNI, names((0, b"a"))), (SNI, names((0, b"b"))))),
    ("two names", hello((SNI, names((0, b"a"), (0, b"b"))))),
    ("no name", hello((SNI, names((0, b""))))),
    ("a NUL in it", hello((SNI, names((0, b"a\0b"))))),
    ("other letters", hello((SNI, names((0, b"b\xc3\xbccher"))))),
    ("a line's end", hello((SNI, names((0, b"a\nb"))))),
    ("cut short", hello((SNI, names((0, b"abc"))[:-1]))),
    ("more behind it", hello((SNI, names((0, b"abc")) + b"x"))),
    ("more behind all", hello((SNI, names((0, b"abc"))), more=b"x")),
    ("an extension too long", hello()[:-2] + b"\x00\x02\x00\x00"),
):
    case("refused: " + _title, refused, _data)

run()
