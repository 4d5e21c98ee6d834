# save_session, saved_session, SSLSession and session_reused.
# peers: tls tls12 tls13 twin12=tls12 twin13=tls13 ids=tls12,cache=ids none13=tls13,tickets=0 one13=tls13,tickets=1
# peers: must12=tls12,verify=required must13=tls13,verify=required other12=tls12,cert=other-server
# peers: other13=tls13,cert=other-server silent
# timeout: 120
from harness import *
from serving import incoming, IDENTITY

import ssl

CA = pki("root-ecdsa.pem")
CHECKED = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": CA, "server_hostname": "localhost"}


def connect(peer, **named):
    ss = ssl.wrap_socket(socket.socket(), **named)
    ss.connect(getattr(peers, peer))
    return ss


def saved(peer, **named):
    ss = connect(peer, **named)
    session = ssl.save_session(ss)
    ss.close()
    return session


def resumed(peer, session, **named):
    # Both ends must agree on whether it was resumed; data flows either way.
    ss = connect(peer, saved_session=session, **named)
    equal(told(ss)["reused"], ss.session_reused)
    exchange(ss)
    reused = ss.session_reused
    ss.close()
    return reused


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


@both
def right_after_connect(peer):
    session = saved(peer)
    true(isinstance(session, ssl.SSLSession), repr(session))
    equal(resumed(peer, session), True)


@both
def verified(peer):
    session = saved(peer, **CHECKED)
    equal(resumed(peer, session, **CHECKED), True)


@both
def after_data(peer):
    ss = connect(peer)
    exchange(ss)
    session = ssl.save_session(ss)
    exchange(ss)
    ss.close()
    equal(resumed(peer, session), True)


@both
def data_that_arrives_meanwhile_is_kept(peer):
    ss = connect(peer)
    ss.write(b"send 20000\n")
    time.sleep(0.2)
    session = ssl.save_session(ss)
    equal(ss.read(20000), pattern(20000))
    exchange(ss)
    ss.close()
    equal(resumed(peer, session), True)


@both
def any_number_of_times(peer):
    session = saved(peer)
    for _ in range(4):
        equal(resumed(peer, session), True)


@both
def from_a_resumed_connection(peer):
    session = saved(peer)
    for _ in range(3):
        ss = connect(peer, saved_session=session)
        equal(ss.session_reused, True)
        session = ssl.save_session(ss)
        ss.close()


@both
def attribute_is_the_same(peer):
    ss = connect(peer)
    session = ss.session
    true(isinstance(session, ssl.SSLSession), repr(session))
    ss.close()
    equal(resumed(peer, session), True)


@both
def not_reused_without_one(peer):
    ss = connect(peer)
    equal(ss.session_reused, False)
    equal(told(ss)["reused"], False)
    ss.close()


@both
def wrapped_when_connected(peer):
    session = saved(peer)
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)), saved_session=session)
    equal(ss.session_reused, True)
    exchange(ss)
    ss.close()


@both
def outlives_its_connection(peer):
    session = saved(peer)
    gc.collect()
    filler = [bytes(1000) for _ in range(100)]
    gc.collect()
    equal(resumed(peer, session), True)
    equal(len(filler), 100)


@test
def session_ids():
    session = saved("ids")
    true(session.id, "no ID")
    equal(session.has_ticket, False)
    equal(resumed("ids", session), True)


@test
def one_ticket():
    session = saved("one13")
    equal(resumed("one13", session), True)


@test
def no_ticket_is_an_error():
    ss = connect("none13")
    clock = Clock()
    error = raises(ssl.SSLError, ssl.save_session, ss)
    true(clock() < 10, "waited %.1f s" % clock())
    true("ticket" in words(error).lower() or "session" in words(error).lower(), words(error))
    clock = Clock()  # it is not waited for again
    raises(ssl.SSLError, ssl.save_session, ss, contains="no session ticket")
    equal(ss.session, None)
    true(clock() < 1.5, "waited again, %.1f s" % clock())
    exchange(ss)
    ss.close()


@test
def no_ticket_is_none_for_the_attribute():
    # So that session=other.session works with every server.
    ss = connect("none13")
    equal(ss.session, None)
    clock = Clock()
    equal(ss.session, None)
    true(clock() < 1.5, "waited again, %.1f s" % clock())
    equal(resumed("none13", ss.session), False)
    ss.close()


@test
def a_ticket_that_comes_later():
    # Nothing of the server's has been read when it is looked for in vain.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(pki("root-ecdsa.pem"))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pki("server-ecdsa.chain.pem"), pki("server-ecdsa.key"))
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = context.wrap_bio(down, up, server_hostname="localhost")
    s = server.wrap_bio(up, down, server_side=True)
    raises(ssl.SSLWantReadError, c.do_handshake)
    raises(ssl.SSLWantReadError, s.do_handshake)
    c.do_handshake()
    raises(ssl.SSLWantReadError, ssl.save_session, c, contains="not come yet")
    equal(c.session, None)
    s.do_handshake()
    session = c.session
    true(session.has_ticket and ssl.save_session(c) == session)
    raises(ValueError, ssl.save_session, s, contains="client")


@both
def waiting_respects_no_blocking(peer):
    ss = connect(peer)
    exchange(ss)
    ss.setblocking(False)
    session = ssl.save_session(ss)
    ss.setblocking(True)
    exchange(ss)
    ss.close()
    equal(resumed(peer, session), True)


# ---- a session that does not fit is never an error ----


def full(peer, session, **named):
    equal(resumed(peer, session, **named), False)


@test
def another_server():
    full("twin12", saved("tls12"))
    full("twin13", saved("tls13"))


@test
def another_version():
    # The caller pins another version than the session's.
    full("tls", saved("tls", ssl_version=ssl.PROTOCOL_TLSv1_2), ssl_version=ssl.PROTOCOL_TLSv1_3)
    full("tls", saved("tls", ssl_version=ssl.PROTOCOL_TLSv1_3), ssl_version=ssl.PROTOCOL_TLSv1_2)


@test
def server_speaks_another_version_now():
    # connect() goes on without the session; a socket connected before cannot.
    for now, before in (("tls12", "tls13"), ("tls13", "tls12")):
        session = saved(before)
        full(now, session)
        raises(ssl.SSLError, ssl.wrap_socket, tcp(getattr(peers, now)), saved_session=session, contains="try without it")
        full(now, None)


@both
def another_name(peer):
    session = saved(peer, **CHECKED)
    full(peer, session, cert_reqs=2, ca_certs=CA, server_hostname="www.example.test")
    full(peer, session, cert_reqs=2, ca_certs=CA)
    full(peer, saved(peer, server_hostname="localhost"), server_hostname="www.example.test")
    full(peer, saved(peer), server_hostname="localhost")


@both
def weaker_verification(peer):
    # A session made without looking must not carry its bearer past a check.
    full(peer, saved(peer, server_hostname="localhost"), **CHECKED)
    full(peer, saved(peer), cert_reqs=2, ca_certs=CA)


def never_past_a_check(peer):
    session = saved(peer, server_hostname="localhost")
    raises(ssl.SSLCertVerificationError, connect, peer, saved_session=session, **CHECKED)


case("never past a check, TLS 1.2", never_past_a_check, "other12")
case("never past a check, TLS 1.3", never_past_a_check, "other13")


@both
def other_anchors(peer):
    session = saved(peer, **CHECKED)
    named = dict(CHECKED)
    named["ca_certs"] = pki("other-root.pem")
    raises(ssl.SSLCertVerificationError, connect, peer, saved_session=session, **named)
    named["ca_certs"] = pki("roots.pem")
    full(peer, session, **named)


@both
def the_same_anchors_in_another_order(peer):
    named = dict(CHECKED)
    named["ca_certs"] = pki("roots.pem")
    session = saved(peer, **named)
    named["ca_certs"] = folder("capath")
    equal(resumed(peer, session, **named), True)
    del named["ca_certs"]
    named["cadata"] = content("root-rsa.pem") + content("root-ecdsa.pem")
    equal(resumed(peer, session, **named), True)


def another_client_certificate(peer):
    one = {"certfile": pki("client-ecdsa.chain.pem"), "keyfile": pki("client-ecdsa.key")}
    two = {"certfile": pki("client-rsa.chain.pem"), "keyfile": pki("client-rsa.key")}
    session = saved(peer, **one)
    equal(resumed(peer, session, **one), True)
    full(peer, session, **two)


case("another client certificate, TLS 1.2", another_client_certificate, "must12")
case("another client certificate, TLS 1.3", another_client_certificate, "must13")


# ---- serialised ----


@both
def round_trip(peer):
    session = saved(peer, **CHECKED)
    data = session.serialize()
    true(isinstance(data, bytes), repr(type(data)))
    copy = ssl.SSLSession(data)
    for name in ("id", "time", "timeout", "ticket_lifetime_hint", "has_ticket", "version", "server_hostname"):
        equal(getattr(copy, name), getattr(session, name))
    equal(copy.serialize(), data)
    equal(resumed(peer, copy, **CHECKED), True)
    equal(resumed(peer, data, **CHECKED), True)
    equal(resumed(peer, bytearray(data), **CHECKED), True)


@both
def every_truncation(peer):
    data = saved(peer).serialize()
    for size in range(len(data)):
        raises(ValueError, ssl.SSLSession, data[:size])
    for more in (b"\0", b"x" * 100, data):
        raises(ValueError, ssl.SSLSession, data + more)


@both
def every_byte_altered(peer):
    data = bytearray(saved(peer, **CHECKED).serialize())
    for place in range(len(data)):
        for change in (1, 0x80, 0xFF):
            data[place] ^= change
            raises(ValueError, ssl.SSLSession, data)
            data[place] ^= change
    ssl.SSLSession(data)


@test
def altered_data_in_wrap_socket():
    data = saved("tls13").serialize()
    s = tcp(peers.tls13)
    for bad in (data[:-1], data + b"\0", b"", bytes(len(data))):
        raises(ValueError, ssl.wrap_socket, s, saved_session=bad)
    ss = ssl.wrap_socket(s, saved_session=data)
    equal(ss.session_reused, True)
    ss.close()


@test
def nonsense_as_data():
    for bad in (b"", b"x", bytes(10), bytes(1000), content("garbage.bin"), content("root-ecdsa.der")):
        raises(ValueError, ssl.SSLSession, bad)
    for wrong in (None, 1, [], 1.5, "x" * 143, socket.socket()):
        raises(TypeError, ssl.SSLSession, wrong, contains="data must be bytes")


class Noted(ssl.SSLSession):
    def __init__(self, data, early=None):
        if early:
            early(self)
        super().__init__(data)
        self.note = "mine"


@test
def a_subclass():
    session = saved("tls13")
    mine = Noted(session.serialize())
    equal((mine.note, mine.time, mine == session), ("mine", session.time, True))
    equal(resumed("tls13", mine), True)

    def use(unborn):
        raises(TypeError, ssl.wrap_socket, socket.socket(), saved_session=unborn)

    Noted(session.serialize(), use)


# ---- attributes ----


@both
def attributes(peer):
    before = time.time()
    session = saved(peer, server_hostname="localhost")
    equal(session.version, "TLSv1.2" if peer == "tls12" else "TLSv1.3")
    equal(session.server_hostname, "localhost")
    equal(session.has_ticket, True)
    true(session.ticket_lifetime_hint > 0, "no lifetime")
    true(session.timeout > 0, "no timeout")
    true(before - 2 <= session.time <= time.time() + 2, "time is %r" % session.time)
    true(isinstance(session.id, bytes), repr(session.id))
    raises(AttributeError, getattr, session, "no_such_thing")
    true("SSLSession" in repr(session), repr(session))


# ---- what cannot be saved ----


@test
def wrong_objects():
    for wrong in (None, 1, "x", socket.socket(), ssl, object(), ssl.SSLSocket):
        raises(TypeError, ssl.save_session, wrong)
    raises(TypeError, ssl.save_session)


@test
def before_the_handshake():
    ss = ssl.wrap_socket(socket.socket())
    raises(ValueError, ssl.save_session, ss, contains="handshake")
    ss.connect(peers.tls13)
    ssl.save_session(ss)
    ss.close()
    ss = ssl.wrap_socket(tcp(peers.tls13), do_handshake=False)
    raises(ValueError, ssl.save_session, ss, contains="handshake")
    ss.close()


@test
def after_close():
    ss = connect("tls13")
    ss.close()
    raises((ValueError, OSError), ssl.save_session, ss)


@test
def on_a_server():
    conn = ssl.wrap_socket(incoming(), **IDENTITY)
    raises(ValueError, ssl.save_session, conn, contains="client")
    exchange(conn)
    conn.close()


@test
def after_a_failed_handshake():
    ss = ssl.wrap_socket(tcp(peers.silent), do_handshake=False, timeout=0.2)
    raises(OSError, ss.do_handshake)
    raises((ValueError, OSError), ssl.save_session, ss)
    ss.close()


run()
