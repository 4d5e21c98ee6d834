# Where trust comes from.
# differs: nothing loaded: a client verifies with the default roots where nothing else was given
# differs: nothing there to load: told before the handshake, with what to do
# differs: folder of files: CPython looks for names made of hashes, when it needs one
# differs: a file with a broken certificate: one that is broken does not take the others away
# differs: default, then one's own: where CPython has no more than the roots of one's own, a client had the default ones
from same import *


def connect(context, cert="direct.pem", name="localhost"):
    pair(context, server(cert), name)
    return "accepted"


def certs(context):
    from hashlib import sha256
    return sorted([sha256(der).digest() for der in context.get_ca_certs(True)])


def default(file, folder=None):
    # From now on these are the system's roots.
    setenv("SSL_CERT_FILE", PKI + file if file else "/nowhere")
    setenv("SSL_CERT_DIR", PKI + folder if folder else "/nowhere")


default("root-ecdsa.pem")
context = ssl.create_default_context()
show("default context", (context.verify_mode == ssl.CERT_REQUIRED, context.check_hostname))
show("its store", context.cert_store_stats())
show("its certificates", certs(context))
show("its certificates in words", [text(cert) for cert in context.get_ca_certs()])
show("good server", outcome(connect, context))
show("wrong name", outcome(connect, context, "direct.pem", "example.com"))
show("expired server", outcome(lambda: pair(context, server("expired.pem", "expired.key"))))
show("nothing loaded", outcome(connect, client(None)))

default("other-root.pem")
context = ssl.create_default_context()
show("server of another root", outcome(connect, context))
show("another root's store", certs(context))
context = client(None)
show("load_default_certs", outcome(context.load_default_certs))
show("server of another root, loaded", outcome(connect, context))
context = client()
show("own root and default", (outcome(context.load_default_certs), context.cert_store_stats(), outcome(connect, context)))
context = client(None)
show("default, then one's own", (outcome(connect, context), outcome(context.load_verify_locations, PKI + "root-ecdsa.pem"),
                                 outcome(connect, context), context.cert_store_stats()))

default(None)
show("nothing there to load", outcome(connect, ssl.create_default_context()))
show("nothing in the store", (ssl.create_default_context().cert_store_stats(), ssl.create_default_context().get_ca_certs()))
default(None, "capath")
show("folder of roots", outcome(connect, ssl.create_default_context()))
default("broken-middle.pem")
show("a file with a broken certificate", outcome(connect, ssl.create_default_context()))
default("root-ecdsa.pem")

show("for a server", (ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).verify_mode == ssl.CERT_NONE,
                      ssl.create_default_context(purpose=ssl.Purpose.CLIENT_AUTH).check_hostname,
                      ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).cert_store_stats()))
show("a wrong purpose", outcome(ssl.create_default_context, "server") in ("TypeError", "ValueError"))
show("cafile", outcome(connect, ssl.create_default_context(cafile=PKI + "root-ecdsa.pem")))
show("cafile of another", outcome(connect, ssl.create_default_context(cafile=PKI + "other-root.pem")))
with open(PKI + "root-ecdsa.pem") as file:
    show("cadata as text", outcome(connect, ssl.create_default_context(cadata=file.read())))
with open(PKI + "root-ecdsa.der", "rb") as file:
    show("cadata as bytes", outcome(connect, ssl.create_default_context(cadata=file.read())))
show("a file that is not there", outcome(ssl.create_default_context, cafile=PKI + "nothing.pem"))
show("a file without certificates", outcome(ssl.create_default_context, cafile=PKI + "words.txt"))
show("cadata by position", outcome(lambda: ssl.create_default_context(ssl.Purpose.SERVER_AUTH, PKI + "root-ecdsa.pem")))

context = client(None)
for step, file in enumerate(("roots.pem", "root-rsa.pem", "roots.pem", "server-ecdsa.pem", "server-ecdsa.chain.pem", "bundle.pem")):
    context.load_verify_locations(PKI + file)
    show("store, step %d" % step, context.cert_store_stats())
show("only CAs are shown", certs(context))
context = client(None)
context.load_verify_locations(capath=PKI + "capath")
show("folder of files", context.cert_store_stats())
show("folder of files, used", outcome(connect, context))
show("nothing named", outcome(client(None).load_verify_locations))
show("set_default_verify_paths", outcome(client(None).set_default_verify_paths))

paths = ssl.get_default_verify_paths()
show("default paths", (paths.cafile, paths.openssl_cafile_env, paths.openssl_capath_env, len(paths)))
