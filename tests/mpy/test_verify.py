# Which certificates are accepted, and what is said about the others.
# peers: tls12 tls13 rsa=tls12,cert=server-rsa other=tls,cert=other-server expired=tls,cert=expired
# peers: expired12=tls12,cert=expired future=tls,cert=future selfsigned=tls,cert=selfsigned
# peers: wrongname=tls,cert=wrongname nosan=tls,cert=nosan clientonly=tls,cert=clientonly
# peers: deep=tls,cert=deep toodeep=tls,cert=too-deep toodeep12=tls12,cert=too-deep
# peers: weak=tls12,cert=weak sha1=tls12,cert=sha1 underleaf=tls,cert=underleaf direct=tls,cert=direct nosign=tls,cert=nosign
import hashlib
from harness import *

import ssl

ROOTS = pki("roots.pem")


def connect(peer, name="localhost", **named):
    named.setdefault("cert_reqs", ssl.CERT_REQUIRED)
    if named["cert_reqs"]:
        named.setdefault("ca_certs", ROOTS)
    ss = ssl.wrap_socket(socket.socket(), server_hostname=name, **named)
    ss.connect(getattr(peers, peer))
    return ss


def good(peer, **named):
    ss = connect(peer, **named)
    exchange(ss)
    ss.close()


for _peer in ("tls12", "tls13", "rsa", "direct", "deep"):
    case("accepted: " + _peer, good, _peer)

for _name in ("localhost", "LocalHost", "www.example.test", "a.wild.test", "127.0.0.1", "::1", None):
    case("name %s" % _name, lambda name: good("tls13", name=name), _name)


@test
def common_name():
    # As in CPython: it counts where there is no alternative name, unless that is switched off.
    good("nosan")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    true(context.hostname_checks_common_name, "off")
    context.load_verify_locations(ROOTS)
    context.hostname_checks_common_name = False
    true(not context.hostname_checks_common_name, "on")
    ss = context.wrap_socket(socket.socket(), server_hostname="localhost")
    error = raises(ssl.SSLCertVerificationError, ss.connect, peers.nosan, contains="names no host")
    equal(error.verify_code, 62)
    ss.close()


@test
def common_name_and_sessions():
    # A session from where the common name counted is no way past a context where it does not.
    lax, strict = (ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(2))
    strict.hostname_checks_common_name = False
    for context in (lax, strict):
        context.load_verify_locations(ROOTS)
    ss = lax.wrap_socket(socket.socket(), server_hostname="localhost")
    ss.connect(peers.nosan)
    session = ssl.save_session(ss)
    ss.close()
    ss = strict.wrap_socket(socket.socket(), server_hostname="localhost", session=session)
    raises(ssl.SSLCertVerificationError, ss.connect, peers.nosan, contains="names no host")
    ss.close()


@test
def verify_mode_none_takes_the_name_with_it():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_NONE # all that MicroPython's programs say
    true(not context.check_hostname, "still on")
    context.verify_mode = ssl.CERT_REQUIRED
    true(context.check_hostname, "not back")
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.verify_mode = ssl.CERT_REQUIRED
    true(not context.check_hostname, "back although switched off")


def bad(peer, alerts, contains, **named):
    forget()
    error = raises(ssl.SSLCertVerificationError, connect, peer, contains=contains, **named)
    true(isinstance(error, ValueError) and isinstance(error, OSError), "not both classes")
    true(error.verify_code, "no verify_code")
    true(error.verify_message, "no verify_message")
    true("CERTIFICATE_VERIFY_FAILED" in str(error.reason), "reason is %r" % (error.reason,))
    equal(error.args[0], 1)
    end = report(peer)["end"]
    true([1 for alert in alerts if alert in end], "the peer saw " + end)


UNKNOWN = ("UNKNOWN_CA",)
BAD = ("BAD_CERTIFICATE", "CERTIFICATE_UNKNOWN")
EXPIRED = ("CERTIFICATE_EXPIRED",)
USAGE = BAD + ("UNSUPPORTED_CERTIFICATE",)
WEAK = BAD + ("INSUFFICIENT_SECURITY", "UNSUPPORTED_CERTIFICATE")

case("expired", bad, "expired", EXPIRED, ("expired on", "localhost"))
case("expired, TLS 1.2", bad, "expired12", EXPIRED, ("expired on", "localhost"))
case("not yet valid", bad, "future", EXPIRED + BAD, "valid")
case("self-signed", bad, "selfsigned", UNKNOWN + BAD, "self-signed")
case("unknown issuer", bad, "other", UNKNOWN, ("unknown issuer", "ussl test other root"))
case("wrong name", bad, "wrongname", BAD, ("localhost", "does not match", "wrong.example"))
case("a common name of another host", lambda: bad("nosan", BAD, ("other.test", "does not match", "localhost"), name="other.test"))
case("a common name is no address", lambda: bad("nosan", BAD, ("127.0.0.1", "names no host"), name="127.0.0.1"))
case("a common name beside other names", lambda: bad("wrongname", BAD, "does not match", name="localhost"))
case("for clients only", bad, "clientonly", USAGE, "not allowed for this use")
case("for no signatures", bad, "nosign", USAGE, "not allowed for this use")
case("1024-bit RSA", bad, "weak", WEAK, "short")
# Without SHA-1 in the build the certificate cannot be read, and the next one is judged.
case("SHA-1", bad, "sha1", WEAK + UNKNOWN, "hash" if hasattr(hashlib, "sha1") else ())
case("issued by a leaf", bad, "underleaf", UNKNOWN + BAD, ())


def too_deep(peer):
    bad(peer, ("ACCESS_DENIED",), "certificate verify failed: the chain is too long")
    equal(raises(ssl.SSLCertVerificationError, connect, peer).verify_code, 22)


case("nine intermediates", too_deep, "toodeep")
case("nine intermediates, TLS 1.2", too_deep, "toodeep12")


def wrong_name(peer, name):
    bad(peer, BAD, (name, "does not match"), name=name)


for _name in ("example.com", "localhost.example", "wild.test", "a.b.wild.test", "127.0.0.2", "::2", "ocalhost"):
    case("name %s refused" % _name, wrong_name, "tls13", _name)
case("name refused, TLS 1.2", wrong_name, "tls12", "example.com")


@test
def no_name_checks_the_chain_only():
    good("wrongname", name=None)
    bad("other", UNKNOWN, "unknown issuer", name=None)
    bad("expired", EXPIRED, "expired", name=None)


@test
def optional_is_required_on_a_client():
    good("tls13", cert_reqs=ssl.CERT_OPTIONAL)
    bad("other", UNKNOWN, "unknown issuer", cert_reqs=ssl.CERT_OPTIONAL)
    bad("expired", EXPIRED, "expired", cert_reqs=ssl.CERT_OPTIONAL)


@test
def none_accepts_all():
    for peer in ("other", "expired", "selfsigned", "wrongname", "underleaf"):
        good(peer, cert_reqs=ssl.CERT_NONE)


@test
def intermediate_as_anchor():
    # As in CPython with its default flags off: an anchor is an anchor.
    good("tls13", ca_certs=pki("inter-ecdsa.pem"))


@test
def wrong_anchor():
    bad("tls13", UNKNOWN, "unknown issuer", ca_certs=pki("other-root.pem"))
    bad("rsa", UNKNOWN, "unknown issuer", ca_certs=pki("root-ecdsa.pem"))


@test
def the_faulty_one_is_named():
    error = raises(ssl.SSLCertVerificationError, connect, "expired")
    true("localhost" in error.verify_message, error.verify_message)
    true("expired on 2" in error.verify_message, error.verify_message)


@test
def wrapped_when_connected():
    # The same errors where the handshake runs inside wrap_socket.
    s = tcp(peers.expired)
    raises(ssl.SSLCertVerificationError, ssl.wrap_socket, s, cert_reqs=2, ca_certs=ROOTS, contains="expired on")
    s.write(b"still open here")
    s.close()


@test
def deferred():
    ss = ssl.wrap_socket(tcp(peers.other), cert_reqs=2, ca_certs=ROOTS, do_handshake=False)
    first = raises(ssl.SSLCertVerificationError, ss.do_handshake)
    # A fatal error is remembered, and every later call raises the same.
    for call_again in (ss.do_handshake, lambda: ss.recv(1), lambda: ss.read(1), lambda: ss.write(b"x"), lambda: ss.send(b"x")):
        equal(raises(ssl.SSLCertVerificationError, call_again).args, first.args)
    ss.close()


@test
def sni_is_sent():
    for name, sent in (("localhost", "localhost"), ("127.0.0.1", None), ("::1", None), (None, None)):
        for peer in ("tls12", "tls13"):
            ss = connect(peer, name=name)
            equal(told(ss)["sni"], sent)
            ss.close()


@test
def getpeercert():
    for reqs in (ssl.CERT_NONE, ssl.CERT_REQUIRED):
        for peer in ("tls12", "tls13"):
            ss = connect(peer, cert_reqs=reqs)
            equal(ss.getpeercert(True), content("server-ecdsa.der"))
            cert = ss.getpeercert()
            equal(bool(cert), reqs != ssl.CERT_NONE)
            if cert:
                equal(cert["subject"], ((("commonName", "localhost"),),))
                true(("DNS", "www.example.test") in cert["subjectAltName"], "no subjectAltName")
            ss.close()


run()
