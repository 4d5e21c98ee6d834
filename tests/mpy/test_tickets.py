# A server whose clients resume: set_ticket_keys, num_tickets, session_cache_size, session_stats
# and peer_cert_sha256, between two ends in one program.
# timeout: 120
import hashlib
from ends import *

OLD, NEW = b"o" * 32, b"n" * 32
# Whether this build keeps certificates for resumed connections, as it then keeps sessions.
KEEPS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).session_cache_size > 0


def server(keys=None, verify=None, trust="root-ecdsa"):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(pki("server-ecdsa.chain.pem"), pki("server-ecdsa.key"))
    if verify is not None:
        ctx.load_verify_locations(pki(trust + ".pem"))
        ctx.verify_mode = verify
    if keys is not None:
        ctx.set_ticket_keys(keys)
    return ctx


def client(version=None, cert=None):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki("root-ecdsa.pem"))
    ctx.session_cache_size = 0
    if version is not None:
        ctx.minimum_version = ctx.maximum_version = version
    if cert:
        ctx.load_cert_chain(pki(cert + ".chain.pem"), pki(cert + ".key"))
    return ctx


def connect(client_ctx, server_ctx, session=None):
    # Both ends, after the handshake.
    ends = Ends(client_ctx, server_ctx, session=session).good()
    return ends.client, ends.server


def first(client_ctx, server_ctx):
    # The session of a full handshake.
    c, s = connect(client_ctx, server_ctx)
    equal(c.session_reused, False)
    return c.session


def reused(client_ctx, server_ctx, session):
    return connect(client_ctx, server_ctx, session)[0].session_reused


# ---- keys ----


@both
def servers_share_keys(version):
    ctx = client(version)
    session = first(ctx, server([OLD]))
    equal(reused(ctx, server([OLD]), session), True)
    equal(reused(ctx, server((NEW, OLD)), session), True)
    equal(reused(ctx, server([NEW]), session), False)
    equal(reused(ctx, server(), session), False)


@both
def keys_change_while_connections_live(version):
    ctx, server_ctx = client(version), server([OLD])
    ends = connect(ctx, server_ctx)
    session = ends[0].session
    server_ctx.set_ticket_keys([NEW])
    equal(reused(ctx, server_ctx, session), False)
    server_ctx.set_ticket_keys([bytearray(NEW), memoryview(OLD)])
    equal(reused(ctx, server_ctx, session), True)
    for own in ([], (), None):
        server_ctx.set_ticket_keys(own)
        equal(reused(ctx, server_ctx, session), False)
    ends[1].write(b"still here")
    equal(ends[0].read(10), b"still here")


@test
def wrong_keys():
    ctx = server([OLD])
    for wrong in ([b""], [b"x" * 31], [b"x" * 33], [OLD, b"x"], [OLD] * 9):
        raises(ValueError, ctx.set_ticket_keys, wrong, contains="ticket key")
    for wrong in (OLD, 5):
        raises(TypeError, ctx.set_ticket_keys, wrong)
    for wrong in ([1], [None], ["x" * 32]):
        raises(TypeError, ctx.set_ticket_keys, wrong, contains="key must be bytes")
    ctx.set_ticket_keys([OLD] * 8)
    raises(ValueError, client().set_ticket_keys, [OLD], contains="server")


@both
def wrong_keys_leave_the_old(version):
    ctx, server_ctx = client(version), server([OLD])
    session = first(ctx, server_ctx)
    raises(ValueError, server_ctx.set_ticket_keys, [NEW, b"x"])
    equal(reused(ctx, server_ctx, session), True)


# ---- client certificates ----


@both
def a_resumed_client_is_who_it_was(version):
    ctx, server_ctx = client(version, "client-ecdsa"), server([OLD], ssl.CERT_REQUIRED)
    digest = hashlib.sha256(content("client-ecdsa.der")).digest()
    c, s = connect(ctx, server_ctx)
    equal(s.peer_cert_sha256, digest)
    true(s.getpeercert(True), "no certificate")
    equal(c.peer_cert_sha256, hashlib.sha256(c.getpeercert(True)).digest())
    again = connect(ctx, server([OLD], ssl.CERT_REQUIRED), c.session)
    equal(again[0].session_reused, True)
    equal(again[1].peer_cert_sha256, digest)
    equal(again[1].getpeercert(), None)
    equal(again[0].peer_cert_sha256, hashlib.sha256(c.getpeercert(True)).digest() if KEEPS else None)


@both
def its_certificate_is_known(version):
    # Where there is memory for that: the client's at the server that it has shown it to, and
    # the server's with the session, but not in its bytes.
    ctx, server_ctx = client(version, "client-ecdsa"), server(None, ssl.CERT_REQUIRED)
    session = connect(ctx, server_ctx)[0].session
    for _ in range(2):
        c, s = connect(ctx, server_ctx, session)
        equal((c.session_reused, s.session_reused), (True, True))
        equal(s.peer_cert_sha256, hashlib.sha256(content("client-ecdsa.der")).digest())
        equal(s.getpeercert(True), content("client-ecdsa.der") if KEEPS else None)
        equal(c.getpeercert(True), content("server-ecdsa.der") if KEEPS else None)
        session = c.session
    stored = ssl.SSLSession(session.serialize())
    true(stored == session, "the certificate is in it")
    c = connect(ctx, server_ctx, stored)[0]
    equal((c.session_reused, c.getpeercert()), (True, None))
    server_ctx.set_ticket_keys(None)
    c, s = connect(ctx, server_ctx, session)
    equal((s.session_reused, s.getpeercert(True)), (False, content("client-ecdsa.der")))
    equal(c.getpeercert(True), content("server-ecdsa.der"))


@both
def no_ticket_replaces_a_certificate(version):
    session = first(client(version), server([OLD]))
    error = Ends(client(version), server([OLD], ssl.CERT_REQUIRED), session=session).server_error
    true("no certificate" in words(error), words(error))
    with_one = client(version, "client-ecdsa")
    session = first(with_one, server([OLD]))
    equal(reused(with_one, server([OLD], ssl.CERT_OPTIONAL), session), False)
    equal(reused(with_one, server([OLD], ssl.CERT_REQUIRED), session), False)
    equal(reused(with_one, server([OLD]), session), True)


@both
def other_anchors(version):
    ctx = client(version, "client-ecdsa")
    session = first(ctx, server([OLD], ssl.CERT_REQUIRED))
    equal(reused(ctx, server([OLD], ssl.CERT_REQUIRED), session), True)
    equal(reused(ctx, server([OLD], ssl.CERT_REQUIRED, "bundle"), session), False)


def overwrite_stack(depth=30):
    return depth and [depth] and overwrite_stack(depth - 1)


def change(action, *args):
    # Once no connection is left: a collection may see one in what is still on the stack.
    for _ in range(20):
        overwrite_stack()
        gc.collect()
        try:
            return action(*args)
        except ValueError:
            pass
    return action(*args)


@both
def what_changes_later(version):
    # Tickets stand for what was asked of clients when they were given.
    ctx = client(version, "client-ecdsa")
    pin = hashlib.sha256(content("client-ecdsa.der")).digest()
    for name, value in (("pins", [pin]), ("verify_flags", ssl.VERIFY_NO_CHECK_TIME), ("hostname_checks_common_name", False)):
        strict = server([OLD], ssl.CERT_REQUIRED)
        session = first(ctx, strict)
        equal(reused(ctx, strict, session), True)
        change(setattr, strict, name, value)
        equal(reused(ctx, strict, session), False)
    strict = server([OLD], ssl.CERT_REQUIRED)
    session = first(ctx, strict)
    change(strict.load_verify_locations, pki("other-root.pem"))
    equal(reused(ctx, strict, session), False)


@test
def nobody_without_a_certificate():
    c, s = connect(client(), server())
    equal(s.peer_cert_sha256, None)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = client().wrap_bio(to_client, to_server, server_hostname="localhost")
    equal(c.peer_cert_sha256, None)  # not yet


# ---- numbers ----


@test
def num_tickets():
    ctx = server()
    equal(ctx.num_tickets, 1)
    for wrong in (-1, 9, 1000, 1 << 32, -1 << 70):
        raises(ValueError, setattr, ctx, "num_tickets", wrong, contains="num_tickets must be 0 to 8")
    raises(TypeError, setattr, ctx, "num_tickets", "2")
    raises(ValueError, setattr, client(), "num_tickets", 2, contains="server")
    for count in (0, 1, 3):
        client_ctx = client(ssl.TLSVersion.TLSv1_3)
        client_ctx.session_cache_size = 8
        ctx.num_tickets = count
        ends = connect(client_ctx, ctx)
        equal(client_ctx.session_stats()["number"], count)
        raises(ValueError, setattr, ctx, "num_tickets", 1, contains="in use")
        ends = None
        gc.collect()
        ctx = server()


@test
def session_cache_size():
    ctx = server()
    true(ctx.session_cache_size in (4, 32), str(ctx.session_cache_size))
    for wrong in (-1, 0x10000, 1 << 32, 1 << 70):
        raises(ValueError, setattr, ctx, "session_cache_size", wrong, contains="session_cache_size")
    ctx.session_cache_size = 0
    ends = connect(client(), ctx)
    ctx.session_cache_size = 7  # also in use
    equal(ctx.session_cache_size, 7)


@both
def session_stats(version):
    ctx, server_ctx = client(version), server([OLD])
    session = first(ctx, server_ctx)
    reused(ctx, server_ctx, session)
    reused(ctx, server_ctx, session)
    server_ctx.set_ticket_keys([NEW])
    reused(ctx, server_ctx, session)
    true(isinstance(Ends(ctx, server_ctx, "wrong.example").client_error, ssl.SSLCertVerificationError))
    stats = server_ctx.session_stats()
    equal([stats[key] for key in ("accept", "accept_good", "hits", "misses")], [5, 4, 2, 1])
    equal([stats[key] for key in ("connect", "connect_good", "timeouts", "cache_full", "number")], [0] * 5)


run()
