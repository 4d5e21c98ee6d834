# Own certificates and keys that are encrypted, and PKCS#12 files.
# peers: tls13
import hashlib
from trusting import *


def loaded(name, password="secret"):
    # Used by a server of our own, over memory.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(pki(name + ".p12"), password=password)
    except ssl.SSLError as error:
        if "BAD_CERTIFICATE" in str(error.reason) and peers.BOARD:
            raise Skip("this build has no PKCS#12")
        raise
    own = Ends(client("roots.pem"), context).good().client
    equal(own.getpeercert(True), content({"rsa": "server-rsa", "leaf": "direct"}.get(name, "server-ecdsa") + ".der"))


for _name in ("aes", "rsa", "sha1", "sha512", "open-certs", "open-key", "open", "no-mac", "leaf"):
    case("PKCS#12: " + _name, loaded, _name)


@test
def own_certificate_last():
    # Sent first all the same, and the others behind it.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(pki("odd-order.p12"))
    except ssl.SSLError:
        if peers.BOARD:
            raise Skip("this build has no PKCS#12")
        raise
    own = client("roots.pem")
    own.keep_peer_chain = True
    sent = Ends(own, context).good().client.get_unverified_chain()
    equal(sent, [content(name + ".der") for name in ("server-ecdsa", "root-ecdsa", "inter-ecdsa")])


def not_loaded(name, password, reason):
    error = raises(ssl.SSLError, loaded, name, password)
    equal(error.reason, reason)


case("PKCS#12: wrong password", not_loaded, "aes", "wrong", "BAD_PASSWORD")
case("PKCS#12: wrong password, no MAC", not_loaded, "no-mac", "wrong", "BAD_PASSWORD")
case("PKCS#12: no password", not_loaded, "aes", None, "BAD_PASSWORD")
case("PKCS#12: encrypted in the old way", not_loaded, "old", "secret", "BAD_PKCS12")


@test
def pkcs12_as_data_and_by_function():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(content("aes.p12"), password=lambda: b"secret")
    except ssl.SSLError as error:
        if error.reason == "BAD_CERTIFICATE" and peers.BOARD:
            raise Skip("this build has no PKCS#12")
        raise
    context.load_cert_chain(pki("longest.p12"), password=31 * "p")
    error = raises(ssl.SSLError, context.load_cert_chain, pki("longest.p12"), password=32 * "p")
    equal(error.reason, "BAD_PASSWORD")
    for wrong in (32 * "p", "p\xe4ssword"):
        error = raises(ValueError, context.load_cert_chain, pki("aes.p12"), password=wrong, contains="must be ASCII, of 31 characters")
        equal(error.reason, "BAD_PASSWORD")
    raises(ssl.SSLError, context.load_cert_chain, content("aes.p12")[:-100], password="secret")
    raises(ValueError, context.load_cert_chain, pki("no-key.p12"), password="")


@test
def an_encrypted_key_in_der():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert, key = content("direct.der"), content("enc-aes256.key.der")
    for password in ("secret", b"secret", lambda: "secret"):
        context.load_cert_chain(cert, key, password)
    for password in (None, "", lambda: ""):
        equal(raises(ssl.SSLError, context.load_cert_chain, cert, key, password).reason, "BAD_PASSWORD")
    raises(TypeError, context.load_cert_chain, cert, key, lambda: None, contains="password must give str or bytes, not 'NoneType'")
    equal(raises(ssl.SSLError, context.load_cert_chain, cert, cert).reason, "BAD_PRIVATE_KEY")


# Once in a hundred or so a wrong password leaves what looks like padding.
def many_wrong_passwords(cert, key):
    if "old" in (key or "") and not hasattr(hashlib, "md5"):
        raise Skip("this build has no MD5, which the old form needs")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    cert, key = content(cert), key and content(key)
    for i in range(2000 if not peers.BOARD else 20):
        try:
            context.load_cert_chain(cert, key, "wrong %d" % i)
        except ssl.SSLError as error:
            if error.reason == "BAD_CERTIFICATE" and peers.BOARD:
                raise Skip("this build has no PKCS#12")
            equal(error.reason, "BAD_PASSWORD")
            true("the password is missing or wrong, or the key is damaged" in str(error), str(error))


for _cert, _key in (("direct.pem", "enc-quick.key"), ("direct.pem", "enc-old-aes.key"), ("server-rsa.pem", "enc-old-rsa.key"),
                    ("quick.p12", None)):
    case("many wrong passwords: " + (_key or _cert), many_wrong_passwords, _cert, _key)


@test
def a_damaged_key():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    key = bytearray(content("enc-aes256.key.der"))
    key[-1] ^= 1
    error = raises(ssl.SSLError, context.load_cert_chain, content("direct.der"), key, "secret", contains="or the key is damaged")
    equal(error.reason, "BAD_PASSWORD")


@test
def a_key_that_takes_hours():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    error = raises(ssl.SSLError, context.load_cert_chain, pki("direct.pem"), pki("enc-endless.key"), "secret")
    equal(error.reason, "BAD_PRIVATE_KEY")


@test
def a_context_that_goes_meanwhile():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def password():
        context.__del__()
        return "secret"

    raises(ValueError, context.load_cert_chain, pki("direct.pem"), pki("enc-aes256.key"), password, contains="gone")
    context = client("roots.pem")
    ss = context.wrap_socket(socket.socket(), server_hostname="localhost")
    context.__del__()
    raises(ValueError, ss.connect, peers.tls13, contains="gone")
    ss.close()


run()
