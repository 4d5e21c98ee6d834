# What getpeercert() and the chains show.
# differs: verified chain, TLS 0x0303, verify mode 0: OpenSSL verifies all the same; CPython's documentation promises what was sent
# differs: verified chain, TLS 0x0304, verify mode 0: the same
# differs: chain not asked for: memory: chains are kept on request only
from same import *


def digest(data):
    import hashlib
    return "%d bytes, %r" % (len(data), hashlib.sha256(data).digest()[:6])


def chain(end, which):
    # CPython has it under this name since 3.13, before as a method of what is below.
    if hasattr(end, which):
        return getattr(end, which)()
    certificates = getattr(end._sslobj, which)()
    return [one.public_bytes(1 << 1) for one in certificates or ()]


def with_chain(context):
    if sys.implementation.name == "micropython":
        context.keep_peer_chain = True
    return context


for cert in ("shown", "shown-bare", "shown-unnamed", "shown-places", "direct", "dated", "alt-ip6", "alt-nul", "alt-none", "alt-several"):
    context = client()
    context.check_hostname = False
    c, s = pair(context, server(cert + ".pem", cert + ".key" if cert == "dated" else "direct.key"), None)
    show(cert + ", as bytes", digest(c.getpeercert(True)))
    show(cert + ", by keyword", digest(c.getpeercert(binary_form=True)))
    shown = c.getpeercert()
    for key in ("subject", "issuer", "version", "serialNumber", "notBefore", "notAfter", "subjectAltName", "OCSP",
                "caIssuers", "crlDistributionPoints"):
        show("%s, %s" % (cert, key), shown.pop(key, None))
    show(cert + ", the rest", shown)
    show(cert + ", the server has no certificate of the client", (s.getpeercert(), s.getpeercert(True)))

context = client()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
c, s = pair(context, server("shown.pem"), None)
show("not verified", (c.getpeercert(), digest(c.getpeercert(True))))

early = client().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost")
show("before the handshake", outcome(early.getpeercert))

for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    for mode in (ssl.CERT_NONE, ssl.CERT_REQUIRED):
        context = with_chain(client())
        context.check_hostname = False
        context.verify_mode = mode
        context.minimum_version = context.maximum_version = version
        c, s = pair(context, server("server-ecdsa.chain.pem", "server-ecdsa.key"), None)
        where = "TLS 0x%04x, verify mode %d" % (version, mode)
        show("verified chain, " + where, [digest(one) for one in chain(c, "get_verified_chain")])
        show("unverified chain, " + where, [digest(one) for one in chain(c, "get_unverified_chain")])
        show("the server's, " + where, [digest(one) for one in chain(s, "get_unverified_chain")]
             if sys.implementation.name != "micropython" else [])

context = with_chain(server("direct.pem"))
context.verify_mode = ssl.CERT_REQUIRED
context.load_verify_locations(PKI + "root-ecdsa.pem")
own = client()
own.load_cert_chain(PKI + "client-ecdsa.chain.pem", PKI + "client-ecdsa.key")
c, s = pair(own, context)
show("a client's certificate", s.getpeercert())
show("a client's verified chain", [digest(one) for one in chain(s, "get_verified_chain")])

c, s = pair(client(), server("direct.pem"))
show("chain not asked for", outcome(lambda: len(chain(c, "get_verified_chain"))))
