# Private keys that are not in memory: a function signs, and asks OpenSSL on the host for it.
# timeout: 120
import binascii
from ends import *

if not hasattr(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "ecdsa_sign_callback"):
    print("skip - ecdsa_sign_callback: not in this build")
    sys.exit()


class Element:
    # A secure element with one key.
    def __init__(self, key):
        self.key = key
        self.seen = []

    def __call__(self, key, hash):
        self.seen.append((bytes(key), hash))
        told = order(do="sign", key=self.key, hash=binascii.hexlify(hash).decode())
        return binascii.unhexlify(told["signature"])


def server(callback=None, cert="server-ecdsa", key=None):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.ecdsa_sign_callback = callback
    ctx.load_cert_chain(pki(cert + ".chain.pem"), key and pki(key + ".key"))
    return ctx


def strict_server():
    ctx = server(key="server-ecdsa")
    ctx.load_verify_locations(pki("root-ecdsa.pem"))
    ctx.verify_mode = ssl.CERT_REQUIRED
    return ctx


def client(version=None, callback=None, cert=None, key=None, ca="root-ecdsa"):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki(ca + ".pem"))
    ctx.ecdsa_sign_callback = callback
    ctx.session_cache_size = 0
    if version is not None:
        ctx.minimum_version = ctx.maximum_version = version
    if cert:
        ctx.load_cert_chain(pki(cert + ".chain.pem"), key and pki(key + ".key"))
    return ctx


# ---- who signs ----


@both
def server_without_its_key(version):
    element = Element("server-ecdsa")
    ctx = server(element)
    for _ in range(2):
        Ends(client(version), ctx).good()
    equal([(key, len(hash)) for key, hash in element.seen], [(b"", 32)] * 2)


@both
def client_without_its_key(version):
    element = Element("client-ecdsa")
    ends = Ends(client(version, element, "client-ecdsa"), strict_server()).good()
    equal(ends.server.getpeercert()["subject"][0][0][1], "client-ecdsa")
    equal(len(element.seen), 1)


@both
def a_key_that_only_means_something(version):
    element = Element("server-ecdsa")
    Ends(client(version), server(element, key="client-ecdsa")).good()
    equal(len(element.seen[0][0]), 32)
    raises(ssl.SSLError, server, None, key="client-ecdsa", contains="does not belong")


@both
def left_to_the_library(version):
    seen = []
    ctx = server(lambda *args: seen.append(args), key="server-ecdsa")
    Ends(client(version), ctx).good()
    equal(len(seen), 1)
    kept = seen[0][0]
    equal(bytes(kept), bytes(len(kept)))  # wiped behind it


@both
def set_after_the_key(version):
    element = Element("server-ecdsa")
    ctx = server(key="server-ecdsa")
    ctx.ecdsa_sign_callback = element
    Ends(client(version), ctx).good()
    equal(len(element.seen), 1)
    ctx = server(element, key="server-ecdsa")
    ctx.ecdsa_sign_callback = None
    Ends(client(version), ctx).good()
    equal(len(element.seen), 1)


@both
def not_asked_for_rsa(version):
    element = Element("server-rsa")
    Ends(client(version, ca="root-rsa"), server(element, "server-rsa", "server-rsa")).good()
    equal(element.seen, [])


@both
def of_the_context_that_was_chosen(version):
    first, second = Element("server-ecdsa"), Element("server-ecdsa")
    ctx, other = server(first), server(second)

    def choose(sslobj, name, context):
        sslobj.context = other

    ctx.sni_callback = choose
    Ends(client(version), ctx).good()
    equal((len(first.seen), len(second.seen)), (0, 1))


# ---- what goes wrong ----


@both
def wrong_signatures(version):
    garbage = [lambda *args: b"x", lambda *args: b"", lambda *args: bytes(70), lambda *args: bytes(5000)]
    for wrong in garbage + [Element("client-ecdsa")]:
        ends = Ends(client(version), server(wrong))
        equal((type(ends.server_error), ends.server_error.reason), (ssl.SSLError, "BAD_SIGNATURE"))
        true(ends.client_error.reason.upper() in ("INTERNAL_ERROR", "HANDSHAKE_FAILURE"), repr(ends.client_error))
    for wrong in garbage + [Element("server-ecdsa")]:
        ends = Ends(client(version, wrong, "client-ecdsa"), strict_server())
        equal((type(ends.client_error), ends.client_error.reason), (ssl.SSLError, "BAD_SIGNATURE"))
        true(ends.server_error.reason.upper() in ("INTERNAL_ERROR", "HANDSHAKE_FAILURE"), repr(ends.server_error))


@both
def an_empty_signature_is_none_of_the_librarys(version):
    ends = Ends(client(version), server(lambda *args: b"", key="server-ecdsa"))
    equal(ends.server_error.reason, "BAD_SIGNATURE")


@both
def no_key_anywhere(version):
    ends = Ends(client(version), server(lambda *args: None))
    equal(ends.server_error.reason, "BAD_SIGNATURE")


@both
def exceptions(version):
    asked = []

    def callback(key, hash):
        asked.append(1)
        raise KeyError("the element is gone")

    for make in (lambda: Ends(client(version), server(callback)).server_error,
                 lambda: Ends(client(version, callback, "client-ecdsa"), strict_server()).client_error):
        asked.clear()
        error = make()
        true(isinstance(error, KeyError), repr(error))
        equal(len(asked), 1)
    for wrong in (5, "x"):
        error = Ends(client(version), server(lambda *args: wrong)).server_error
        true(isinstance(error, TypeError) and "ecdsa_sign_callback must give bytes or None, not '" in str(error), repr(error))


@both
def other_connections_meanwhile(version):
    # Of the same context, so that two of its handshakes sign at once.
    element = Element("server-ecdsa")
    depth = []

    def callback(key, hash):
        if len(depth) < 2:
            depth.append(1)
            Ends(client(version), ctx).good()
            wrong = Ends(client(version), server(lambda *args: b"x"))
            equal(wrong.server_error.reason, "BAD_SIGNATURE")
        return element(key, hash)

    ctx = server(callback)
    Ends(client(version), ctx).good()
    equal(len(element.seen), 3)


@test
def the_attribute():
    ctx = server(key="server-ecdsa")
    equal(ctx.ecdsa_sign_callback, None)
    for wrong in (5, "x"):
        raises(TypeError, setattr, ctx, "ecdsa_sign_callback", wrong)
    element = Element("server-ecdsa")
    ctx.ecdsa_sign_callback = element
    true(ctx.ecdsa_sign_callback is element)
    ends = Ends(client(), ctx).good()
    raises(ValueError, setattr, ctx, "ecdsa_sign_callback", None, contains="in use")
    bare = server(element)
    raises(ssl.SSLError, setattr, bare, "ecdsa_sign_callback", None, contains="does not belong")
    true(bare.ecdsa_sign_callback is element, "taken away all the same")
    Ends(client(), bare).good()


@test
def keys_that_cannot_be():
    element = Element("server-ecdsa")
    raises(ssl.SSLError, server, element, "server-ecdsa", "server-rsa", contains="does not belong")
    raises(ssl.SSLError, server, element, "server-rsa", "server-ecdsa", contains="does not belong")
    raises(ValueError, server, element, "server-rsa", contains="needs its private key")
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.ecdsa_sign_callback = element
    for wrong in ("words.txt", "server-ecdsa.pem", "empty.pem"):
        raises(ssl.SSLError, ctx.load_cert_chain, pki("server-ecdsa.chain.pem"), pki(wrong))


# As NXP's secure elements have it: a key that stands for one of theirs.
REFERENCE = b"\xa5\xa6\xb5\xb6\xa5\xa6\xb5\xb6"


def reference_key(number):
    # PKCS#8, P-256, with nothing but the number.
    head = "304102010030130607" "2a8648ce3d0201" "06082a8648ce3d030107" "04273025020101" "0420"
    return binascii.unhexlify(head) + number


@both
def reference_key_and_then_the_callback(version):
    # In this order, as programs for MicroPython do it.
    for number in (REFERENCE + bytes(20) + b"\0\0\0\7", b"\x10" + bytes(15) + b"\0\0\0\7\1" + bytes(3) + REFERENCE):
        element = Element("server-ecdsa")
        ctx = server(None, "server-ecdsa", "server-ecdsa")
        ctx.load_cert_chain(content("server-ecdsa.chain.pem"), reference_key(number))
        raises(ssl.SSLError, ctx.wrap_bio, ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True, contains="does not belong")
        ctx._context.ecdsa_sign_callback = element
        raises(ssl.SSLError, setattr, ctx, "ecdsa_sign_callback", None, contains="does not belong")
        Ends(client(version), ctx).good()
        equal([key for key, hash in element.seen], [number])


@test
def other_wrong_keys_are_refused_at_once():
    ctx = server(None, "server-ecdsa", "server-ecdsa")
    for number in (REFERENCE[:7] + bytes(25), bytes(31) + b"\7"):
        raises(ssl.SSLError, ctx.load_cert_chain, content("server-ecdsa.chain.pem"), reference_key(number), contains="does not belong")
    raises(ssl.SSLError, ctx.load_cert_chain, content("server-rsa.chain.pem"), reference_key(REFERENCE + bytes(24)),
           contains="does not belong")
    Ends(client(), ctx).good()  # with what it had


run()
