# SSLContext.options.
# peers: tls12 tls13
from harness import *

import ssl

COMPAT, NO_DHE = ssl.OP_ENABLE_MIDDLEBOX_COMPAT, ssl.OP_ALLOW_NO_DHE_KEX


def context():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki("roots.pem"))
    return ctx


@test
def the_numbers_are_openssl_s():
    equal((COMPAT, NO_DHE), (0x100000, 0x400))


@test
def both_ends_have_them():
    for protocol in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER):
        ctx = ssl.SSLContext(protocol)
        equal(ctx.options, COMPAT)
        ctx.options |= NO_DHE
        equal(ctx.options, COMPAT | NO_DHE)
        ctx.options &= ~COMPAT
        equal(ctx.options, NO_DHE)
        ctx.options = 0
        equal(ctx.options, 0)


@test
def others_are_refused():
    ctx = context()
    for value in (1, COMPAT | 1, COMPAT << 1, -1, 1 << 40, -1 << 70):
        raises(ValueError, setattr, ctx, "options", value)
    for value in (None, "0", 1.0):
        raises(TypeError, setattr, ctx, "options", value)
    equal(ctx.options, COMPAT)


@test
def not_while_in_use():
    ctx = context()
    ss = ctx.wrap_socket(tcp(peers.tls13), server_hostname="localhost")
    raises(ValueError, setattr, ctx, "options", 0)
    equal(ctx.options, COMPAT)
    ss.close()
    ctx.options = 0


def every_choice(peer):
    for options in (0, COMPAT, NO_DHE, COMPAT | NO_DHE):
        ctx = context()
        ctx.options = options
        session = None
        for _ in range(2):
            ss = ctx.wrap_socket(tcp(getattr(peers, peer)), server_hostname="localhost", session=session)
            exchange(ss)
            # A server that knows only PSK with (EC)DHE has no use for a session.
            equal(ss.session_reused, session is not None and not (options & NO_DHE and peer == "tls13"))
            session = ss.session
            ss.close()


for peer in ("tls12", "tls13"):
    case("every_choice_" + peer, every_choice, peer)

run()
