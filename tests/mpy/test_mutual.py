# Client certificates, seen from both ends.
# peers: must12=tls12,verify=required must13=tls13,verify=required may12=tls12,verify=optional may13=tls13,verify=optional
from serving import *

import ssl


def client(name, **named):
    if name:
        named["certfile"], named["keyfile"] = pki(name + ".chain.pem"), pki(name + ".key")
    return named


def shown_to(peer, name):
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)), **client(name))
    equal(told(ss)["peer"], name)
    ss.close()


for _peer in ("must12", "must13", "may12", "may13"):
    for _name in ("client-ecdsa", "client-rsa"):
        case("shows %s to %s" % (_name, _peer), shown_to, _peer, _name)
for _peer in ("may12", "may13"):
    case("shows nothing to " + _peer, shown_to, _peer, None)


def refused_by(peer, name, contains):
    # In TLS 1.3 the verdict comes after the client's handshake: with the first read.
    def attempt():
        ss = ssl.wrap_socket(tcp(getattr(peers, peer)), **client(name))
        try:
            told(ss)
        finally:
            ss.close()

    error = raises(ssl.SSLError, attempt)
    true("alert" in words(error).lower(), words(error))
    true([1 for text in contains if text in words(error).lower()], words(error))


NONE_SHOWN = ("certificate required", "certificate_required", "handshake failure", "handshake_failure")
for _peer in ("must12", "must13"):
    case("nothing shown to " + _peer, refused_by, _peer, None, NONE_SHOWN)
    case("unknown issuer shown to " + _peer, refused_by, _peer, "other-client", ("unknown ca", "unknown_ca"))
    case("expired shown to " + _peer, refused_by, _peer, "expired-client", ("certificate expired", "certificate_expired"))


# ---- ussl is the server ----


def serve(kind, reqs, options, expect):
    # expect: the common name it sees, None for no certificate, or an exception.
    ss, address = listener(cert_reqs=reqs, ca_certs=pki("roots.pem"))
    forget()
    port = call(address, kind=kind, **options)
    try:
        if isinstance(expect, tuple):
            error = raises(ssl.SSLError, ss.accept)
            true(str(port) in words(error), "no address: " + words(error))
            true([1 for text in expect if text in words(error).lower()], words(error))
            end = report("call")["end"]
            true("ALERT" in end or "REQUIRED" in end, "the client saw " + end)
            return error
        conn, peer = ss.accept()
        equal(from_port(peer), port)
        exchange(conn)
        equal(name_of(conn), expect)
        conn.close()
    finally:
        ss.close()


def name_of(conn):
    cert = conn.getpeercert()
    if not cert:
        return None
    true(conn.getpeercert(True), "no DER")
    return cert["subject"][0][0][1]


for _kind in ("tls12", "tls13"):
    for _reqs in (ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED):
        _who = "%s, %s: " % ("REQUIRED" if _reqs == 2 else "OPTIONAL", _kind)
        for _cert in ("client-ecdsa", "client-rsa"):
            case(_who + _cert, serve, _kind, _reqs, {"cert": _cert}, _cert)
        case(_who + "unknown issuer", serve, _kind, _reqs, {"cert": "other-client"}, ("unknown issuer",))
        case(_who + "expired", serve, _kind, _reqs, {"cert": "expired-client"}, ("expired on",))
        case(_who + "for servers only", serve, _kind, _reqs, {"cert": "server-ecdsa"}, ("not allowed for this use",))
    case("OPTIONAL, %s: none" % _kind, serve, _kind, ssl.CERT_OPTIONAL, {}, None)
    case("REQUIRED, %s: none" % _kind, serve, _kind, ssl.CERT_REQUIRED, {}, ("no certificate", "certificate"))
    case("NONE, %s: not asked" % _kind, serve, _kind, ssl.CERT_NONE, {"cert": "client-ecdsa"}, None)


@test
def rejected_client_is_a_verification_error():
    error = serve("tls12", ssl.CERT_REQUIRED, {"cert": "other-client"}, ("unknown issuer",))
    true(isinstance(error, ssl.SSLCertVerificationError), repr(error))
    true(error.verify_code, "no verify_code")


@test
def required_needs_anchors():
    s = socket.socket()
    for reqs in (ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED):
        raises(ValueError, ssl.wrap_socket, s, server_side=True, cert_reqs=reqs, contains="ca_certs",
               certfile=pki("server-ecdsa.chain.pem"), keyfile=pki("server-ecdsa.key"))
    s.close()


run()
