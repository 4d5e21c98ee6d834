# Own certificates and keys that are encrypted, and PKCS#12 files.
# peers: tls13
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
    equal(raises(ssl.SSLError, context.load_cert_chain, cert, cert).reason, "BAD_PRIVATE_KEY")


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
