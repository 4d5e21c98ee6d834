# The small functions, and constants that programs put together.
# differs: PEM, half of each end: the same hyphens cannot be of both
# differs: CHANNEL_BINDING_TYPES: tls-unique is not defined for TLS 1.3 and not safe before it
from same import *

DATES = ("Jan  5 09:34:43 2018 GMT", "Jan 5 09:34:43 2018 GMT", "jAN  5 09:34:43 2018 gmt", "Feb 29 00:00:00 2024 GMT", "Feb 29 00:00:00 2023 GMT",
         "Feb 30 00:00:00 2024 GMT", "Dec 31 23:59:60 2016 GMT", "Jan  1 00:00:00 1950 GMT", "Dec 31 23:59:59 2049 GMT", "Mar  1 00:00:00 2100 GMT",
         "Jan  1 00:00:00 2000 GMT", "Dec 31 00:00:00 1969 GMT", "Jan  5 24:00:00 2018 GMT", "Jan  5 09:60:43 2018 GMT", "Jan  5 09:34:43 2018", "Jan  5 09:34:43 2018 UTC",
         "Jan  5 09:34:43 2018 GMT.", "Jan 0 09:34:43 2018 GMT", "Jan 32 09:34:43 2018 GMT", "Foo  5 09:34:43 2018 GMT", "Jan -5 09:34:43 2018 GMT",
         "2018-01-05", "")
for text in DATES:
    show(text or "no date", outcome(ssl.cert_time_to_seconds, text))
show("a number for a date", outcome(ssl.cert_time_to_seconds, 5) in ("TypeError", "AttributeError"))

for size in (0, 1, 47, 48, 49, 100, 1000):
    pem = ssl.DER_cert_to_PEM_cert(bytes(range(256)) * 4 if size == 1000 else bytes(size))
    show("PEM of %d bytes" % size, pem)
    show("and back, %d bytes" % size, outcome(ssl.PEM_cert_to_DER_cert, pem))

pem = open(PKI + "root-ecdsa.pem").read()
pem = pem[pem.index("-----BEGIN"):]
show("a certificate in PEM", ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(pem)))
show("lines of another length", outcome(ssl.PEM_cert_to_DER_cert, pem.replace("\n", "")))
for what, text in (("no certificate", "x"), ("nothing", ""), ("no end", pem[:100]), ("something before", " " + pem), ("space behind", pem + " \n\n"),
                   ("the ends alone", "-----BEGIN CERTIFICATE----------END CERTIFICATE-----"), ("half of each end", "-----BEGIN CERTIFICATE-----END CERTIFICATE-----")):
    show("PEM, " + what, outcome(ssl.PEM_cert_to_DER_cert, text))

show("RAND_bytes", [len(ssl.RAND_bytes(n)) for n in (0, 1, 300)])
show("RAND_bytes below 0", outcome(ssl.RAND_bytes, -1))
show("RAND_bytes differ", ssl.RAND_bytes(16) != ssl.RAND_bytes(16))
show("RAND_status", ssl.RAND_status())

context = ssl._create_unverified_context()
show("an unverified context", (context.verify_mode == ssl.CERT_NONE, context.check_hostname))
show("it connects", outcome(pair, context, server("direct.pem"), "other.name")[0].version())
show("protocol", [ssl.SSLContext(one).protocol == one for one in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER)])
show("protocol is read only", outcome(setattr, context, "protocol", ssl.PROTOCOL_TLS_SERVER))

context = client()
context.options |= ssl.OP_ALL | ssl.OP_NO_SSLv2 | ssl.OP_NO_SSLv3 | ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1
context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_SINGLE_DH_USE | ssl.OP_SINGLE_ECDH_USE
context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
ends = pair(context, server("direct.pem"))
show("with careful options", ends[0].version())
show("compression", [end.compression() for end in ends])

for name in "ALPN ECDH NEVER_CHECK_COMMON_NAME NPN SNI SSLv2 SSLv3 TLSv1_2 TLSv1_3".split():
    show("HAS_" + name, getattr(ssl, "HAS_" + name))
show("CHANNEL_BINDING_TYPES", list(ssl.CHANNEL_BINDING_TYPES))

asked = []
context = server("direct.pem")
show("set_servername_callback", outcome(context.set_servername_callback, lambda end, name, context: asked.append(name)))
ends = pair(client(), context)
show("it is asked", asked)
context = server("direct.pem")
context.sni_callback = print
show("set_servername_callback to None", (outcome(context.set_servername_callback, None), context.sni_callback))
show("set_servername_callback to a number", outcome(context.set_servername_callback, 5))
