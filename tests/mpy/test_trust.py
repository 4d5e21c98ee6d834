# Revocation, dates without a clock, default roots: what CPython has not, or says less of.
# peers: tls12 tls13 other=tls,cert=other-server expired=tls,cert=expired future=tls,cert=future
# peers: selfsigned=tls,cert=selfsigned wrongname=tls,cert=wrongname revoked=tls,cert=revoked
# peers: rsa=tls,cert=server-rsa revoked12=tls12,cert=revoked
from trusting import *


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
    for name in ("crl-old.pem", "crl-future.pem"):
        connect(lists(ssl.VERIFY_CRL_CHECK_LEAF | ssl.VERIFY_NO_CHECK_TIME, name), "tls13")


@test
def an_anchor_needs_no_list():
    # Whoever trusts an intermediate need not know who has signed it.
    context = lists(ssl.VERIFY_CRL_CHECK_CHAIN, "crl-inter.pem")
    refused(context, "tls13", "no revocation list")
    context = client("inter-ecdsa.pem", "crl-inter.pem")
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    connect(context, "tls13")
    refused(context, "revoked", "revoked")


@test
def lists_that_do_not_count():
    # One with a weak hash, and one of a CA that may sign none.
    refused(lists(ssl.VERIFY_CRL_CHECK_LEAF, "crl-sha1.pem"), "tls13", "no revocation list")
    context = lists(ssl.VERIFY_CRL_CHECK_LEAF, "crl-nocrl.pem")
    raises(ssl.SSLCertVerificationError, over_memory, context, "nocrl.chain.pem", "nocrl.key", contains="no revocation list")
    over_memory(client("roots.pem"), "nocrl.chain.pem", "nocrl.key")


@test
def a_revoked_client():
    for mode in (ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED):
        for version in VERSIONS:
            lists(ssl.VERIFY_CRL_CHECK_LEAF)  # skips where there are none
            strict = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            strict.load_cert_chain(pki("direct.pem"), pki("direct.key"))
            strict.load_verify_locations(pki("roots.pem"))
            strict.load_verify_locations(pki("crls.pem"))
            strict.verify_mode = mode
            strict.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
            own = client("roots.pem")
            own.minimum_version = own.maximum_version = version
            own.load_cert_chain(pki("revoked-client.chain.pem"), pki("revoked-client.key"))
            ends = Ends(own, strict)
            true("revoked" in words(ends.server_error), words(ends.server_error))
            error = ends.client_error or raises(ssl.SSLError, ends.client.read, 1)
            equal(error.reason.upper(), "CERTIFICATE_REVOKED")


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


run()
