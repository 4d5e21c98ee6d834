# Cipher suites: which there are, and the choice.
# differs: still there after that: a choice that fails changes nothing
from same import *

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
NAMES = ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-GCM-SHA256",
         "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305")


def names(context):
    return [one["name"] for one in context.get_ciphers()]


def choose(text):
    context = client()
    context.set_ciphers(text)
    return sorted([name for name in names(context) if not name.startswith("TLS_")])


context = client()
known = dict([(one["name"], one) for one in context.get_ciphers()])
for name in NAMES + ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"):
    one = known.get(name)
    show(name, one and [one[key] for key in ("id", "name", "protocol", "strength_bits", "alg_bits", "aead")])
one = known["TLS_AES_128_GCM_SHA256"]
show("an unknown key", outcome(lambda: one["colour"]))
show("a key that is no str", outcome(lambda: one[0]))

for text_ in NAMES:
    show("one, " + text_, choose(text_))
show("two", choose(NAMES[0] + ":" + NAMES[4]))
for words in ("ECDHE+AESGCM", "ECDHE+CHACHA20", "ECDHE+AESGCM:ECDHE+CHACHA20", "ECDHE+AESGCM:!aRSA", "ECDHE+AESGCM:!aECDSA", "ECDHE+AESGCM:!AES256",
              "EECDH+AESGCM", "ECDHE+AESGCM+aECDSA", "ECDHE+CHACHA20:ECDHE+AESGCM:!AES128", "ECDHE-RSA-AES128-GCM-SHA256,ECDHE-RSA-AES256-GCM-SHA384",
              "ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256:unknown", "ECDHE+AESGCM:-AES128:ECDHE-RSA-AES128-GCM-SHA256",
              "ECDHE+AESGCM:@STRENGTH", "ECDHE+aRSA+AESGCM:ECDHE+aECDSA+CHACHA20"):
    show("words %r" % words, outcome(choose, words))
for words in ("", "unknown", "!ALL", "ALL:!ALL", "aes", ":::", "NULL-nothing"):
    show("nothing is left of %r" % words, outcome(choose, words))
show("None", outcome(context.set_ciphers, None))
show("a number", outcome(context.set_ciphers, 5))
show("no argument", outcome(context.set_ciphers))
try:
    context.set_ciphers("unknown")
except ssl.SSLError as error:
    show("error of an unknown one", kind(error))
show("still there after that", NAMES[0] in names(context))
context.set_ciphers(NAMES[3])
show("those of TLS 1.3 stay", sorted([name for name in names(context) if name.startswith("TLS_")]))
show("get_ciphers with an argument", outcome(context.get_ciphers, 1))


def use(mine, theirs, version=V12):
    c_context, s_context = client("roots.pem"), server("server-rsa.chain.pem", "server-rsa.key")
    c_context.maximum_version = version
    c_context.set_ciphers(mine)
    s_context.set_ciphers(theirs)
    c, s = pair(c_context, s_context)
    return c.cipher(), s.cipher() == c.cipher()


for name in NAMES[3:]:
    show("use " + name, outcome(use, name, name))
show("one in common", outcome(use, NAMES[3] + ":" + NAMES[4], NAMES[4] + ":" + NAMES[5]))
show("none in common", outcome(use, NAMES[3], NAMES[4]))
show("of the other kind of key", outcome(use, NAMES[0], NAMES[0]))
show("TLS 1.3 with any choice", outcome(lambda: use(NAMES[3], NAMES[4], V13)[0][1]))
for version in (V12, V13):
    mine = client()
    mine.maximum_version = version
    c, s = pair(mine, server("direct.pem"))
    show("cipher() of TLS 0x%04x" % version, [type(one).__name__ for one in c.cipher()])
    show("is among those that can be chosen, TLS 0x%04x" % version, c.cipher()[0] in names(mine))
