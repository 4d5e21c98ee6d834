# Own keys: encrypted in one way or another, and passwords in all forms.
# differs: enc-scrypt: mbedTLS has no scrypt
# differs: enc-3des: DES is not in the build
from same import *

CHAINS = {"rsa": "server-rsa.chain.pem", "old-rsa": "server-rsa.chain.pem"}


def load(name, *password, **named):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PKI + CHAINS.get(name, "direct.pem"), PKI + "enc-%s.key" % name, *password, **named)
    trusting = client("roots.pem")
    pair(trusting, context)
    return "works"


for name in ("aes128", "aes256", "sha1", "sha512", "rsa", "scrypt", "3des", "old-aes", "old-rsa"):
    show("enc-" + name, outcome(load, name, "secret"))
    show("wrong password, enc-" + name, outcome(load, name, "wrong") in ("SSLError", "OSError"))

for name in ("aes256", "old-rsa"):
    show("bytes, " + name, outcome(load, name, b"secret"))
    show("bytearray, " + name, outcome(load, name, bytearray(b"secret")))
    show("by keyword, " + name, outcome(load, name, password="secret"))
    show("a function, " + name, outcome(load, name, lambda: "secret"))
    show("a function with bytes, " + name, outcome(load, name, lambda: b"secret"))
    show("a function with a wrong one, " + name, outcome(load, name, lambda: "wrong") in ("SSLError", "OSError"))
    show("a function that raises, " + name, outcome(load, name, lambda: 1 // 0))
    show("a function with a number, " + name, outcome(load, name, lambda: 5))
    show("a number, " + name, outcome(load, name, 5))
    show("an empty one, " + name, outcome(load, name, "") in ("SSLError", "OSError"))
    show("a longer one, " + name, outcome(load, name, 100 * "secret") in ("SSLError", "OSError"))


def plain(password):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PKI + "direct.pem", PKI + "direct.key", password)
    return "works"


asked = []
show("a password that is not needed", outcome(plain, "secret"))
show("a function that is not needed", (outcome(plain, lambda: asked.append(1) or "x"), asked))
