# Revocation lists.
# differs: check leaf of server-ecdsa with crl-root crl-false crl-inter: a list that the issuer has not signed does not count; OpenSSL looks no further
# differs: check chain of server-ecdsa with crl-root crl-false crl-inter: the same
from same import *

LEAF, CHAIN = ssl.VERIFY_CRL_CHECK_LEAF, ssl.VERIFY_CRL_CHECK_CHAIN
show("numbers", (int(ssl.VERIFY_DEFAULT), int(LEAF), int(CHAIN), int(ssl.VERIFY_X509_STRICT),
                 int(ssl.VERIFY_X509_TRUSTED_FIRST)))


def connect(flags, lists, cert="server-ecdsa"):
    context = client()
    for name in lists:
        context.load_verify_locations(PKI + name + ".pem")
    context.verify_flags |= flags
    pair(context, server(cert + ".chain.pem", cert + ".key"))
    return "accepted"


show("flags at first", int(client().verify_flags))
for flags, what in ((0, "none"), (LEAF, "leaf"), (CHAIN, "chain")):
    for cert in ("server-ecdsa", "revoked"):
        for lists in ((), ("crl-root",), ("crl-inter",), ("crl-root", "crl-inter"), ("crls",), ("roots-crls",), ("crl-root-inter",),
                      ("crl-root-inter", "crl-inter"), ("crl-old",), ("crl-old", "crl-root"), ("crl-old", "crl-inter", "crl-root"),
                      ("crl-inter", "crl-old", "crl-root"), ("crl-future", "crl-root"), ("crl-false",), ("crl-false", "crl-root"),
                      ("crl-root", "crl-false", "crl-inter"), ("crl-old-revoked", "crl-root")):
            show("check %s of %s with %s" % (what, cert, " ".join(lists) or "none"), outcome(connect, flags, lists, cert))

context = client()
context.load_verify_locations(PKI + "crls.pem")
show("store", context.cert_store_stats())
show("a broken list", outcome(context.load_verify_locations, PKI + "crl-broken.pem"))
context.verify_flags = CHAIN
show("flags read", int(context.verify_flags))
context.verify_flags &= ~CHAIN
show("flags taken away", int(context.verify_flags))
show("flags that are no number", outcome(setattr, context, "verify_flags", "x"))

for name in ("client-ecdsa", "revoked-client"):
    context = server("direct.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(PKI + "roots-crls.pem")
    context.verify_flags |= CHAIN
    own = client()
    own.minimum_version = own.maximum_version = ssl.TLSVersion.TLSv1_2
    own.load_cert_chain(PKI + name + ".chain.pem", PKI + name + ".key")
    show("a client: " + name, outcome(lambda: pair(own, context) and "accepted"))
