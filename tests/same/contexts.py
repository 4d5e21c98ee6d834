# SSLContext: its attributes, what they take, and contexts in use.
# differs: SSLContext with nothing: deprecated in CPython: client or server has to be said
# differs: SSLContext with None: the same
# differs: SSLContext with two: it takes one argument
# differs: security_level of a *: not there: what is weak is not there either
# differs: CERT_NONE while check_hostname is on: it takes the check of the name with it, as in MicroPython
# differs: in use, *: a context cannot be changed under a connection
# differs: create_default_context, a client's: the least version is read as what it stands for
# differs: create_default_context, a server's: the same
from same import *

# ---- making one ----

for what, args in (("nothing", ()), ("None", (None,)), ("a number that is none", (99,)), ("a str", ("TLS",)), ("two", (ssl.PROTOCOL_TLS_CLIENT, 1)),
                   ("-1", (-1,))):
    show("SSLContext with " + what, outcome(lambda: type(ssl.SSLContext(*args)).__name__))
show("by keyword", outcome(lambda: type(ssl.SSLContext(protocol=ssl.PROTOCOL_TLS_CLIENT)).__name__))
show("a type", isinstance(client(), ssl.SSLContext))
show("constants", (int(ssl.CERT_NONE), int(ssl.CERT_OPTIONAL), int(ssl.CERT_REQUIRED)))

# ---- attributes ----

for side, context in (("client", ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)), ("server", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))):
    show("verify_mode of a %s" % side, int(context.verify_mode))
    show("check_hostname of a %s" % side, context.check_hostname)
    show("hostname_checks_common_name of a %s" % side, context.hostname_checks_common_name)
    show("verify_flags of a %s" % side, int(context.verify_flags))
    show("protocol of a %s" % side, outcome(lambda: context.protocol == (ssl.PROTOCOL_TLS_CLIENT if side == "client" else ssl.PROTOCOL_TLS_SERVER)))
    show("options of a %s" % side, type(int(context.options)).__name__)
    show("store of a %s" % side, (context.cert_store_stats(), context.get_ca_certs()))
    show("security_level of a %s" % side, outcome(lambda: type(context.security_level).__name__))
    show("an attribute that is none, of a %s" % side, outcome(lambda: context.colour))
    for attribute, value in (("verify_mode", 5), ("verify_mode", -1), ("verify_mode", "x"), ("verify_mode", None), ("verify_mode", 1.5),
                             ("check_hostname", 5), ("verify_flags", "x"), ("verify_flags", None), ("options", "x"), ("options", None),
                             ("protocol", 5), ("minimum_version", "x")):
        show("%s set to %r, of a %s" % (attribute, value, side), outcome(setattr, context, attribute, value))
    show("delete verify_mode of a %s" % side, outcome(delattr, context, "verify_mode"))

# ---- check_hostname and verify_mode ----

context = client()
for mode in (ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED):
    context.verify_mode = mode
    show("verify_mode set to %d" % mode, (int(context.verify_mode), context.check_hostname))
show("CERT_NONE while check_hostname is on", outcome(setattr, context, "verify_mode", ssl.CERT_NONE))
context = client()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
show("both off", (int(context.verify_mode), context.check_hostname))
context.check_hostname = True
show("check_hostname on again", (int(context.verify_mode), context.check_hostname))
context.check_hostname = 0
show("check_hostname set to 0", context.check_hostname)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.verify_mode = ssl.CERT_REQUIRED
show("a server that asks", (int(context.verify_mode), context.check_hostname))

# ---- default contexts ----

for what, context in (("a client's", ssl.create_default_context(cafile=PKI + "root-ecdsa.pem")),
                      ("a server's", ssl.create_default_context(ssl.Purpose.CLIENT_AUTH))):
    show("create_default_context, " + what, (int(context.verify_mode), context.check_hostname, int(context.minimum_version)))
for what, named in (("a wrong keyword", {"colour": 1}), ("a file that is not there", {"cafile": PKI + "nothing.pem"}),
                    ("a number for a file", {"cafile": 5})):
    show("create_default_context, " + what, outcome(lambda: ssl.create_default_context(**named)))

# ---- one context, many connections ----

mine, theirs = client(), server("direct.pem")
ends = [pair(mine, theirs) for _ in range(3)]
show("three at once", [c.write(b"x") + len(s.read()) for c, s in ends])
show("the same context", [c.context is mine and s.context is theirs for c, s in ends])

# Changed while a connection lives.
for what, change in (("load_verify_locations", lambda: mine.load_verify_locations(PKI + "other-root.pem")),
                     ("load_cert_chain", lambda: theirs.load_cert_chain(PKI + "server-ecdsa.chain.pem", PKI + "server-ecdsa.key")),
                     ("set_alpn_protocols", lambda: mine.set_alpn_protocols(["h2"])), ("set_ciphers", lambda: mine.set_ciphers("ECDHE+AESGCM")),
                     ("verify_mode", lambda: setattr(mine, "verify_mode", ssl.CERT_OPTIONAL)),
                     ("maximum_version", lambda: setattr(mine, "maximum_version", ssl.TLSVersion.TLSv1_2)),
                     ("check_hostname", lambda: setattr(mine, "check_hostname", False))):
    show("in use, " + what, outcome(change))
show("the connections after that", [c.write(b"x") + len(s.read()) for c, s in ends])
del ends
import gc
gc.collect()

# A context outlives its name.
c, s = pair(client(), server("direct.pem"))
gc.collect()
show("contexts that nobody holds", (c.write(b"abc"), s.read()))
