# SSLContext.session_cache_size and session_stats(): a loop that resumes by itself.
# peers: tls tls12 tls13 two13=tls13,tickets=2 none13=tls13,tickets=0 ids=tls12,cache=ids
# peers: must12=tls12,verify=required must13=tls13,verify=required other12=tls12,cert=other-server
# peers: other13=tls13,cert=other-server silent
# timeout: 120
from harness import *
from serving import incoming, IDENTITY

import ssl

KEYS = {"number", "connect", "connect_good", "connect_renegotiate", "accept", "accept_good",
        "accept_renegotiate", "hits", "misses", "timeouts", "cache_full"}


def client(size=16, version=None):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki("root-ecdsa.pem"))
    ctx.session_cache_size = size
    if version is not None:
        ctx.minimum_version = ctx.maximum_version = version
    return ctx


def unverified(size=16):
    ctx = client(size)
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    return ctx


def connect(ctx, peer, name="localhost", **named):
    return ctx.wrap_socket(tcp(getattr(peers, peer)), server_hostname=name, **named)


def visit(ctx, peer, name="localhost", **named):
    # Connects and talks; tells whether both ends say that it was resumed.
    ss = connect(ctx, peer, name, **named)
    exchange(ss)
    reused = ss.session_reused
    equal(told(ss)["reused"], reused)
    ss.close()
    return reused


def number(ctx):
    return ctx.session_stats()["number"]


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


# ---- by itself ----


@both
def in_a_loop(peer):
    ctx = client()
    equal([visit(ctx, peer) for _ in range(5)], [False, True, True, True, True])
    stats = ctx.session_stats()
    equal(set(stats), KEYS)
    equal([stats[key] for key in ("connect", "connect_good", "hits", "misses")], [5, 5, 4, 0])
    equal([stats[key] for key in ("accept", "accept_good", "timeouts", "cache_full")], [0, 0, 0, 0])


@both
def in_a_loop_with_connect(peer):
    ctx = client()
    for wanted in (False, True, True):
        ss = ctx.wrap_socket(socket.socket(), server_hostname="localhost")
        ss.connect(getattr(peers, peer))
        exchange(ss)
        equal(ss.session_reused, wanted)
        ss.close()


@both
def the_certificate_stays_known(peer):
    # A resumed handshake shows none; a program that pins it would refuse the second time.
    ctx = client()
    seen = []
    for _ in range(3):
        ss = connect(ctx, peer)
        exchange(ss)
        seen.append((ss.session_reused, ss.getpeercert(True), ss.getpeercert(), ss.peer_cert_sha256))
        ss.close()
    equal([reused for reused, *_ in seen], [False, True, True])
    assert len(seen[0][1]) > 200
    equal(seen[1][1:], seen[0][1:])
    equal(seen[2][1:], seen[0][1:])


@both
def without_verification(peer):
    ctx = unverified()
    equal([visit(ctx, peer) for _ in range(3)], [False, True, True])


@test
def session_ids():
    ctx = client()
    equal([visit(ctx, "ids") for _ in range(3)], [False, True, True])


@test
def no_ticket_no_session():
    ctx = client()
    equal([visit(ctx, "none13") for _ in range(2)], [False, False])
    equal(number(ctx), 0)


@test
def every_ticket_of_a_connection():
    ctx = client()
    equal(visit(ctx, "two13"), False)
    equal(number(ctx), 2)
    ss = [connect(ctx, "two13") for _ in range(3)]  # the third finds none
    equal([s.session_reused for s in ss], [True, True, False])
    for s in ss:
        exchange(s)
        s.close()


@both
def closed_without_reading(peer):
    # What has come with the handshake is taken in by close.
    ctx = client()
    for wanted in (False, True):
        ss = connect(ctx, peer)
        equal(ss.session_reused, wanted)
        ss.write(b"after 1 say x\n")
        time.sleep(0.2)
        ss.close()


@both
def while_connections_live(peer):
    ctx = client()
    equal(visit(ctx, peer), False)
    with connect(ctx, peer) as ss:
        equal(ss.session_reused, True)
        exchange(ss)
        true(number(ctx) > 0)
        ctx.session_cache_size = 0
        equal(number(ctx), 0)
        ctx.session_cache_size = 3
        equal(ctx.session_cache_size, 3)
    equal(visit(ctx, peer), False)


# ---- one that was given comes first ----


@both
def the_given_one_wins(peer):
    ctx = client()
    with connect(ctx, peer) as ss:
        exchange(ss)
        session = ssl.save_session(ss)
    before = number(ctx)
    ss = connect(ctx, peer, session=session)
    equal(ss.session_reused, True)
    equal(number(ctx), before)
    ss.close()


@both
def a_given_one_that_does_not_fit(peer):
    # No other is offered in its place: that is what was asked for.
    ctx = client()
    visit(ctx, peer)
    other = ssl.wrap_socket(tcp(getattr(peers, peer)), server_hostname="www.example.test")
    exchange(other)
    session = ssl.save_session(other)
    other.close()
    equal(visit(ctx, peer, session=session), False)


@both
def module_level_keeps_none(peer):
    for _ in range(2):
        ss = ssl.wrap_socket(tcp(getattr(peers, peer)), server_hostname="localhost")
        exchange(ss)
        equal(ss.session_reused, False)
        ss.close()


# ---- a server is a name and a port ----


@test
def another_port():
    ctx = client()
    visit(ctx, "tls12")
    equal(visit(ctx, "tls13"), False)
    equal(visit(ctx, "two13"), False)
    equal([visit(ctx, peer) for peer in ("tls12", "tls13", "two13")], [True] * 3)


@both
def another_name(peer):
    ctx = unverified()
    visit(ctx, peer)
    equal(visit(ctx, peer, "www.example.test"), False)
    equal(visit(ctx, peer, None), False)
    equal(visit(ctx, peer), True)


@both
def without_a_name(peer):
    ctx = unverified()
    equal([visit(ctx, peer, None) for _ in range(2)], [False, False])
    equal(number(ctx), 0)


# ---- what changes makes them unfit, not gone ----


@both
def stronger_verification(peer):
    ctx = unverified()
    visit(ctx, peer)
    ctx.verify_mode = ssl.CERT_REQUIRED
    equal(visit(ctx, peer), False)
    ctx.check_hostname = True
    equal(visit(ctx, peer), False)
    equal(visit(ctx, peer), True)


def never_past_a_check(peer):
    ctx = unverified()
    visit(ctx, peer)
    visit(ctx, peer)
    ctx.check_hostname = True
    raises(ssl.SSLCertVerificationError, connect, ctx, peer)


case("never past a check, TLS 1.2", never_past_a_check, "other12")
case("never past a check, TLS 1.3", never_past_a_check, "other13")


@both
def other_anchors(peer):
    ctx = client()
    visit(ctx, peer)
    ctx.load_verify_locations(pki("other-root.pem"))
    equal(visit(ctx, peer), False)


@both
def other_protocols(peer):
    ctx = client()
    visit(ctx, peer)
    ctx.set_alpn_protocols(["mqtt"])
    # One without a protocol resumes where some are offered; the server chooses none again.
    visit(ctx, peer)
    equal(visit(ctx, peer), True)


def another_certificate(peer):
    ctx = client()
    ctx.load_cert_chain(pki("client-ecdsa.chain.pem"), pki("client-ecdsa.key"))
    equal([visit(ctx, peer) for _ in range(2)], [False, True])
    ctx.load_cert_chain(pki("client-rsa.chain.pem"), pki("client-rsa.key"))
    equal([visit(ctx, peer) for _ in range(2)], [False, True])


case("another client certificate, TLS 1.2", another_certificate, "must12")
case("another client certificate, TLS 1.3", another_certificate, "must13")


# ---- bounds ----


@test
def the_oldest_goes():
    ctx = client(2)
    for peer in ("tls12", "tls13", "none13", "ids"):
        visit(ctx, peer)
    equal(number(ctx), 2)
    true(ctx.session_stats()["cache_full"] > 0)
    equal(visit(ctx, "ids"), True)
    equal(visit(ctx, "tls12"), False)


@both
def smaller(peer):
    ctx = client()
    visit(ctx, peer)
    visit(ctx, "ids")
    visit(ctx, "two13")
    ctx.session_cache_size = 2
    equal(number(ctx), 2)
    equal(visit(ctx, "ids"), False)
    equal(visit(ctx, "two13"), True)


@both
def switched_off(peer):
    ctx = client(0)
    equal([visit(ctx, peer) for _ in range(2)], [False, False])
    equal(number(ctx), 0)


@both
def memory_is_counted(peer):
    ctx = client()
    empty = ctx.memory().now
    visit(ctx, peer)
    full = ctx.memory().now
    true(full > empty + 100, "%d, then %d" % (empty, full))
    visit(ctx, peer)
    ctx.session_cache_size = 0
    true(ctx.memory().now <= empty, "%d, then %d" % (empty, ctx.memory().now))


@test
def what_it_may_be():
    ctx = client()
    for size in (0, 1, 65535):
        ctx.session_cache_size = size
        equal(ctx.session_cache_size, size)
    for wrong in (-1, 65536, 1 << 40, -(1 << 70)):
        raises((ValueError, OverflowError), setattr, ctx, "session_cache_size", wrong)
    for wrong in (None, "1", 1.5, []):
        raises(TypeError, setattr, ctx, "session_cache_size", wrong)
    equal(ctx.session_cache_size, 65535)


@test
def default_size():
    size = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).session_cache_size
    equal(size, 16 if sys.platform == "linux" else 0)


# ---- failures ----


@both
def another_server_fails(peer):
    ctx = client()
    visit(ctx, peer)
    kept = number(ctx)
    raises(OSError, connect, ctx, "silent", timeout=0.2)
    equal(number(ctx), kept)
    equal(visit(ctx, peer), True)


@test
def counters_of_failures():
    ctx = client()
    raises(OSError, connect, ctx, "silent", timeout=0.2)
    stats = ctx.session_stats()
    equal([stats["connect"], stats["connect_good"], stats["number"]], [1, 0, 0])


@test
def a_server_counts_too():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    equal(set(ctx.session_stats()), KEYS)
    ctx.load_cert_chain(pki("server-ecdsa.chain.pem"), pki("server-ecdsa.key"))
    conn = ctx.wrap_socket(incoming(), server_side=True)
    exchange(conn)
    conn.close()
    stats = ctx.session_stats()
    equal([stats["accept"], stats["accept_good"], stats["connect"], stats["hits"]], [1, 1, 0, 0])


run()
