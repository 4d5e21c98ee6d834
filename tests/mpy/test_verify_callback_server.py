# A server's own judgement of its clients' certificates, between two ends in one program.
# timeout: 120
from ends import *

KEYS = [b"k" * 32]
CHAIN = ("root-ecdsa.der", "inter-ecdsa.der", "client-ecdsa.der")


class Judge:
    def __init__(self, answer=0):
        self.answer = answer
        self.seen = []

    def __call__(self, cert, depth):
        self.seen.append((bytes(cert), depth))
        return self.answer


def server(callback, mode=ssl.CERT_REQUIRED, trust=True):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(pki("server-ecdsa.chain.pem"), pki("server-ecdsa.key"))
    if trust:
        ctx.load_verify_locations(pki("root-ecdsa.pem"))
    ctx.verify_mode = mode
    ctx.verify_callback = callback
    ctx.set_ticket_keys(KEYS)
    return ctx


def client(version, cert="client-ecdsa"):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki("root-ecdsa.pem"))
    ctx.session_cache_size = 0
    ctx.minimum_version = ctx.maximum_version = version
    if cert:
        ctx.load_cert_chain(pki(cert + ".chain.pem"), pki(cert + ".key"))
    return ctx


def refused(ends, kind, alert, contains=""):
    true(isinstance(ends.server_error, kind), repr(ends.server_error))
    true(contains in words(ends.server_error), words(ends.server_error))
    error = ends.client_error or raises(ssl.SSLError, ends.client.read, 1)
    equal(error.reason.upper(), alert)


@both
def sees_the_chain(version):
    for mode in (ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL):
        judge = Judge()
        Ends(client(version), server(judge, mode)).good()
        equal([depth for cert, depth in judge.seen], [2, 1, 0])
        equal([cert for cert, depth in judge.seen], [content(name) for name in CHAIN])


@both
def refuses(version):
    for mode in (ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL):
        ends = Ends(client(version), server(Judge(1), mode))
        refused(ends, ssl.SSLCertVerificationError, "ACCESS_DENIED", "rejected")
        equal(ends.server_error.verify_code, 50)


@both
def required_asks_both(version):
    judge = Judge()
    refused(Ends(client(version, "other-client"), server(judge)), ssl.SSLCertVerificationError, "UNKNOWN_CA", "unknown issuer")
    refused(Ends(client(version), server(judge, trust=False)), ssl.SSLCertVerificationError, "UNKNOWN_CA", "unknown issuer")
    true(judge.seen, "not asked")
    judge.seen = []
    true(Ends(client(version, None), server(judge)).server_error, "let in without a certificate")
    equal(judge.seen, [])


@both
def optional_leaves_it_to_the_callback(version):
    for trust in (True, False):
        for cert in ("other-client", "expired-client", "client-ecdsa"):
            judge = Judge()
            ends = Ends(client(version, cert), server(judge, ssl.CERT_OPTIONAL, trust)).good()
            true(judge.seen, "not asked")
            equal(ends.server.getpeercert(True), content(cert + ".der"))
    judge = Judge(1)
    Ends(client(version, None), server(judge, ssl.CERT_OPTIONAL)).good()
    equal(judge.seen, [])


@both
def not_asked_without_verification(version):
    judge = Judge(1)
    Ends(client(version), server(judge, ssl.CERT_NONE)).good()
    equal(judge.seen, [])


@both
def exceptions_reach_the_caller(version):
    def callback(cert, depth):
        raise KeyError("mine")

    for mode in (ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL):
        refused(Ends(client(version), server(callback, mode)), KeyError, "ACCESS_DENIED", "mine")


# ---- sessions ----


def session_of(client_ctx, server_ctx):
    return Ends(client_ctx, server_ctx).good().client.session


@both
def honours_no_session(version):
    ctx = client(version)
    for mode in (ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL):
        session = session_of(ctx, server(None, mode))
        true(Ends(ctx, server(None, mode), session=session).good().server.session_reused, "the ticket is no good")
        judge = Judge()
        judged = server(judge, mode)
        true(not Ends(ctx, judged, session=session).good().server.session_reused, "resumed")
        equal(len(judge.seen), 3)
        judge.answer = 1
        refused(Ends(ctx, judged, session=session), ssl.SSLCertVerificationError, "ACCESS_DENIED")
        equal(judged.session_stats()["hits"], 0)
        equal(judged.session_stats()["misses"], 2)


@both
def gives_no_session(version):
    for mode in (ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL):
        judged = server(Judge(), mode)
        ctx = client(version, "other-client" if mode == ssl.CERT_OPTIONAL else "client-ecdsa")
        ends = Ends(ctx, judged).good()
        if version == ssl.TLSVersion.TLSv1_3:
            equal(ends.client.session, None)
            continue
        session = ends.client.session
        true(not session.has_ticket, "a ticket")
        for other in (judged, server(None, mode)):
            ends = Ends(ctx, other, session=session)
            true(not ends.server.session_reused, "resumed")
        equal(judged.session_stats()["number"], 0)


@both
def a_context_that_sni_callback_chose(version):
    judge = Judge()
    judged, ctx = server(judge), server(None, ssl.CERT_NONE)
    if not hasattr(ctx, "sni_callback"):
        raise Skip("no sni_callback in this build")

    def choose(sslobj, name, context):
        sslobj.context = judged

    mine = client(version)
    session = session_of(mine, server(None))
    ctx.sni_callback = choose
    true(not Ends(mine, ctx, session=session).good().server.session_reused, "resumed")
    equal(len(judge.seen), 3)


run()
