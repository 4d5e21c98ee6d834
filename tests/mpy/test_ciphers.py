# Cipher suites: listed and chosen as MicroPython's programs do it, and as CPython's do.
# peers: tls12 tls13 tls rsa=tls12,cert=server-rsa
from harness import *

import ssl

CBC = "TLS-ECDHE-ECDSA-WITH-AES-128-CBC-SHA256"


def context(ciphers=None):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(pki("roots.pem"))
    if ciphers is not None:
        made.set_ciphers(ciphers)
    return made


def agreed(peer, ciphers):
    ss = context(ciphers).wrap_socket(socket.socket(), server_hostname="localhost")
    ss.connect(getattr(peers, peer))
    exchange(ss)
    cipher = ss.cipher()
    ss.close()
    return cipher


for _ciphers, _peer, _name in (
    ([CBC], "tls12", "ECDHE-ECDSA-AES128-SHA256"),
    (["TLS-ECDHE-ECDSA-WITH-AES-256-CBC-SHA384"], "tls12", "ECDHE-ECDSA-AES256-SHA384"),
    (["TLS-ECDHE-RSA-WITH-AES-128-CBC-SHA256"], "rsa", "ECDHE-RSA-AES128-SHA256"),
    ("ECDHE-RSA-AES256-SHA384", "rsa", "ECDHE-RSA-AES256-SHA384"),
    ("AES256", "tls12", "ECDHE-ECDSA-AES256-GCM-SHA384"),
    ("ECDHE+AESGCM:!AES128", "rsa", "ECDHE-RSA-AES256-GCM-SHA384"),
    ("ALL:!AES", "tls12", "ECDHE-ECDSA-CHACHA20-POLY1305"),
    (("TLS1-3-CHACHA20-POLY1305-SHA256",), "tls13", "TLS_CHACHA20_POLY1305_SHA256"),
):
    case("%s with %s" % (_name, _peer), lambda *a: equal(agreed(*a[:2])[0], a[2]), _peer, _ciphers, _name)


@test
def tls13_stays():
    # As in CPython: the choice is about TLS 1.2.
    equal(agreed("tls13", [CBC])[1], "TLSv1.3")


@test
def large_data_in_cbc():
    ss = context([CBC]).wrap_socket(socket.socket(), server_hostname="localhost")
    ss.connect(peers.tls12)
    ss.write(b"send 100000\n")
    equal(ss.read(100000), pattern(100000))
    ss.write(b"sink 100000\n")
    ss.write(pattern(100000))
    true(ss.readline(), "no answer")
    ss.close()


def no_longer_offered(chosen):
    # A server would have to break off: the session is not offered then, and that is no error.
    ss = context("ECDHE-ECDSA-AES128-GCM-SHA256" if chosen else [CBC]).wrap_socket(socket.socket(), server_hostname="localhost")
    ss.connect(peers.tls12)
    exchange(ss)
    session = ss.session
    ss.close()
    for ciphers, resumes in ((chosen, False), ("ECDHE-ECDSA-AES128-GCM-SHA256" if chosen else [CBC], True)):
        ss = context(ciphers).wrap_socket(socket.socket(), server_hostname="localhost", session=session)
        ss.connect(peers.tls12)
        exchange(ss)
        equal(ss.session_reused, resumes)
        ss.close()


case("a session whose suite is not chosen", no_longer_offered, "ECDHE-ECDSA-AES256-GCM-SHA384")
case("a session whose suite has to be chosen", no_longer_offered, None)


@test
def cbc_only_when_named():
    for words in ("ALL", "HIGH:!aNULL", "ECDHE+AES", "SHA256", "DEFAULT"):
        chosen = [cipher["name"] for cipher in context(words).get_ciphers()]
        true(not [name for name in chosen if "AES" in name and "GCM" not in name], "%s: %s" % (words, chosen))


@test
def as_in_micropython():
    ciphers = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).get_ciphers()
    true(CBC in ciphers, "not listed")
    true([cipher for cipher in ciphers if "CBC" in cipher], "no substring")
    true("TLS-RSA-WITH-AES-128-CBC-SHA256" not in ciphers, "RSA key exchange")
    equal(str([cipher for cipher in ciphers if cipher == CBC][0]), CBC)
    wanted = [ciphers[3], ciphers[1], ciphers[0]]
    equal([str(cipher) for cipher in context(wanted).get_ciphers()], [str(cipher) for cipher in wanted])


@test
def as_in_cpython():
    made = context("ECDHE+AESGCM:@SECLEVEL=2")
    ciphers = {cipher["name"]: cipher for cipher in made.get_ciphers()}
    cipher = ciphers["ECDHE-ECDSA-AES128-GCM-SHA256"]
    equal((cipher["id"], cipher["protocol"], cipher["strength_bits"], cipher["aead"]), (0x300C02B, "TLSv1.2", 128, True))
    true("TLS_AES_128_GCM_SHA256" in ciphers and "ECDHE-ECDSA-CHACHA20-POLY1305" not in ciphers, str(ciphers))
    raises(KeyError, lambda: cipher["colour"])


@test
def wrong_ones():
    made = context()
    for ciphers in ("", "RC4", "!ALL", "ALL:!ALL", [], ["RC4"], ["ECDHE"], [CBC, "no"]):
        error = raises(ssl.SSLError, made.set_ciphers, ciphers, contains="no such cipher suite")
        equal(error.reason, "NO_CIPHER_MATCH")
    for ciphers in (None, 1, [1], [None]):
        raises(TypeError, made.set_ciphers, ciphers)
    ss = made.wrap_socket(socket.socket(), server_hostname="localhost")
    ss.connect(peers.tls12)
    raises(ValueError, made.set_ciphers, "ALL", contains="in use")
    ss.close()


@test
def never_and_once():
    name = "ECDHE-ECDSA-AES128-GCM-SHA256"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("!%s:DEFAULT:%s" % (name, name))
    chosen = [cipher["name"] for cipher in context.get_ciphers()]
    true(name not in chosen and "ECDHE-RSA-AES128-GCM-SHA256" in chosen, repr(chosen))
    for twice in (":".join(["DEFAULT:ALL"] * 50), [name] * 200):
        context.set_ciphers(twice)
        chosen = [cipher["name"] for cipher in context.get_ciphers()]
        equal(len(chosen), len(set(chosen)))
        true(name in chosen, repr(chosen))


run()
