# What the exceptions are, and what they carry: of verification, files, and the protocol.
# differs: one's own with a sentence alone: CPython's words are the tuple
# differs: one's own of verification: the same
# differs: a client's certificate, TLSv1*: a server here does not show a certificate that is for clients
# differs: a client's certificate, verify_code, *: the same
# differs: a client's certificate, words, *: the same
# differs: the reason is in the words: they are one sentence; the reason is an attribute
# differs: signed by a leaf, verify_code, *: mbedTLS tells it as an unknown issuer
# differs: load_cert_chain, DER: PEM and DER are told apart by content
# differs: load_cert_chain, a DER key: the same
# differs: load_verify_locations, root-ecdsa.der: the same
# differs: load_cert_chain, reason, a key of another kind: OpenSSL says that the certificate is missing
# differs: load_verify_locations, capath: a folder is understood wherever a path is
# differs: load_verify_locations, a path that is not there: told at once, not with the first handshake
# differs: load_verify_locations, empty words: an SSLError that is a ValueError, as for other wrong data
# differs: load_verify_locations, no bytes: the same
# differs: load_verify_locations, letters beyond ASCII: the same
# differs: reason of a refusal, *: the alert's name as the RFC has it
# differs: reasons, no version in common, client of TLSv1.2 alone: the same
# differs: reasons, no version in common, client of TLSv1.3 alone: a server of TLS 1.2 finds no cipher suite in common
# differs: reasons, no cipher in common: the alert's name as the RFC has it
# differs: a server without a certificate: a ValueError when the handshake starts: it is the program's fault
from same import *
import errno


def attributes(error):
    # What CPython's documentation promises, and what programs look at.
    return (kind(error), error.reason, error.library, error.errno == error.args[0], isinstance(error.strerror, str))


def caught(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return error


def versions():
    yield "TLSv1.2", ssl.TLSVersion.TLSv1_2
    yield "TLSv1.3", ssl.TLSVersion.TLSv1_3


def both(client_context, server_context, name="localhost"):
    # The errors of the client and of the server.
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    s = server_context.wrap_bio(to_server, to_client, server_side=True)
    errors = [None, None]
    for _ in range(6):
        for i, call in enumerate((c.do_handshake, s.do_handshake)):
            if errors[i] is None:
                error = caught(call)
                errors[i] = error if isinstance(error, Exception) and not isinstance(error, ssl.SSLWantReadError) else None
    if errors[0] is None and errors[1] is not None:
        errors[0] = caught(c.read)  # in TLS 1.3 a client hears of it late
    if errors[1] is None and errors[0] is not None:
        errors[1] = caught(s.read)
    return errors


# ---- classes ----

names = ("SSLError", "SSLZeroReturnError", "SSLWantReadError", "SSLWantWriteError", "SSLSyscallError", "SSLEOFError",
         "SSLCertVerificationError", "CertificateError")
for name in names:
    one = getattr(ssl, name)
    show("class " + name, (one.__name__, [other for other in names if issubclass(one, getattr(ssl, other))],
                           issubclass(one, OSError), issubclass(one, ValueError), issubclass(one, Exception)))
for name, number in (("SSL_ERROR_SSL", 1), ("SSL_ERROR_WANT_READ", 2), ("SSL_ERROR_WANT_WRITE", 3), ("SSL_ERROR_SYSCALL", 5),
                     ("SSL_ERROR_ZERO_RETURN", 6), ("SSL_ERROR_EOF", 8)):
    show(name, int(getattr(ssl, name)) == number)

error = ssl.SSLError(1, "a sentence")
show("one's own", (error.args, error.errno, error.strerror, str(error)))
show("one's own with a sentence alone", (ssl.SSLError("words").args, str(ssl.SSLError("words"))))
show("one's own without anything", (ssl.SSLError().args, str(ssl.SSLError()) in ("", "()")))
show("one's own of verification", (ssl.SSLCertVerificationError(1, "x").args, str(ssl.SSLCertVerificationError("x"))))

# ---- verification ----

FAULTS = (
    ("unknown CA", "direct.pem", "direct.key", "other-root.pem", "localhost"),
    ("unknown CA, with a chain", "server-ecdsa.chain.pem", "server-ecdsa.key", "other-root.pem", "localhost"),
    ("intermediate missing", "server-ecdsa.pem", "server-ecdsa.key", "root-ecdsa.pem", "localhost"),
    ("self-signed", "selfsigned.pem", "selfsigned.key", "root-ecdsa.pem", "localhost"),
    ("expired", "expired.chain.pem", "expired.key", "root-ecdsa.pem", "localhost"),
    ("not yet valid", "future.chain.pem", "future.key", "root-ecdsa.pem", "localhost"),
    ("wrong name", "wrongname.chain.pem", "wrongname.key", "root-ecdsa.pem", "localhost"),
    ("wrong address", "direct.pem", "direct.key", "root-ecdsa.pem", "192.0.2.9"),
    ("wrong IPv6 address", "direct.pem", "direct.key", "root-ecdsa.pem", "2001:db8::9"),
    ("a client's certificate", "clientonly.chain.pem", "clientonly.key", "root-ecdsa.pem", "localhost"),
    ("signed by a leaf", "underleaf.chain.pem", "underleaf.key", "root-ecdsa.pem", "localhost"),
    ("expired and wrong name", "expired.chain.pem", "expired.key", "root-ecdsa.pem", "example.com"),
    ("unknown CA and wrong name", "direct.pem", "direct.key", "other-root.pem", "example.com"),
)
for what, cert, key, ca, host in FAULTS:
    for where, version in versions():
        context = client(ca)
        context.minimum_version = context.maximum_version = version
        mine, theirs = both(context, server(cert, key), host)
        show("%s, %s" % (what, where), attributes(mine))
        show("%s, number, %s" % (what, where), mine.args[0])
        show("%s, verify_code, %s" % (what, where), getattr(mine, "verify_code", None))
        words = getattr(mine, "verify_message", None)
        show("%s, words, %s" % (what, where), words and ("certificate verify failed" in str(mine), words in str(mine)))
        show("%s, the server, %s" % (what, where), (kind(theirs), theirs.args[0]))

for what, cert, lists in (("a revoked one", "revoked", "crls"), ("no revocation list", "server-ecdsa", "root-ecdsa"),
                          ("an old revocation list", "server-ecdsa", "crl-old")):
    context = client()
    context.load_verify_locations(PKI + lists + ".pem")
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    mine, theirs = both(context, server(cert + ".chain.pem", cert + ".key"))
    show(what, (attributes(mine), mine.verify_code))

mine, theirs = both(client("other-root.pem"), server("direct.pem"))
show("the reason is in the words", mine.reason in str(mine))

# ---- clients' certificates ----

for where, version in versions():
    for what, cert, key in (("none", None, None), ("of another CA", "other-client.pem", "other-client.key"),
                            ("expired", "expired-client.chain.pem", "expired-client.key"),
                            ("a server's", "server-ecdsa.chain.pem", "server-ecdsa.key"),
                            ("a good one", "client-ecdsa.chain.pem", "client-ecdsa.key")):
        for mode in (ssl.CERT_NONE, ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED):
            picky = server("direct.pem")
            picky.verify_mode = mode
            picky.load_verify_locations(PKI + "root-ecdsa.pem")
            context = client()
            context.minimum_version = context.maximum_version = version
            if cert:
                context.load_cert_chain(PKI + cert, PKI + key)
            mine, theirs = both(context, picky)
            show("client's certificate, %s, mode %d, %s" % (what, mode, where),
                 theirs and (isinstance(theirs, ssl.SSLError), theirs.reason, theirs.library))
            show("what a client hears, %s, mode %d, %s" % (what, mode, where), mine and kind(mine))

# ---- files ----

def load(cert, key=None, password=None):
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(PKI + cert, key and PKI + key, password)
    return "loaded"


def trust(file=None, **named):
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file and PKI + file, **named)
    return "loaded"


def told(function, *args, **named):
    # Class, and the errno where there is one of the system.
    try:
        return function(*args, **named)
    except OSError as error:
        return kind(error), None if isinstance(error, ssl.SSLError) else errno.errorcode.get(error.errno)
    except Exception as error:
        return kind(error)


def reason(function, *args, **named):
    try:
        return function(*args, **named)
    except ssl.SSLError as error:
        return error.reason
    except OSError:
        return None


for what, args in (("a certificate that is not there", ("nothing.pem", "direct.key")), ("a key that is not there", ("direct.pem", "nothing.key")),
                   ("a folder", ("capath", "direct.key")), ("words", ("words.txt", "direct.key")), ("an empty file", ("empty.pem", "direct.key")),
                   ("words for a key", ("direct.pem", "words.txt")), ("an empty key", ("direct.pem", "empty.pem")),
                   ("a certificate for a key", ("direct.pem", "direct.pem")), ("a key for a certificate", ("direct.key", "direct.key")),
                   ("no key in the file", ("direct.pem",)), ("both in one file", ("direct.both.pem",)),
                   ("a key of another", ("direct.pem", "server-ecdsa.key")), ("a key of another kind", ("direct.pem", "server-rsa.key")),
                   ("a broken certificate", ("truncated.pem", "direct.key")), ("a good pair", ("direct.pem", "direct.key")),
                   ("a chain", ("server-ecdsa.chain.pem", "server-ecdsa.key")), ("DER", ("direct.der", "direct.key")),
                   ("a DER key", ("direct.pem", "direct.key.der")), ("an old key", ("direct.pem", "direct.old.key")),
                   ("a wrong password", ("direct.pem", "enc-aes256.key", "wrong")), ("a password", ("direct.pem", "enc-aes256.key", "secret"))):
    show("load_cert_chain, " + what, told(load, *args))
for what, args in (("a key of another", ("direct.pem", "server-ecdsa.key")), ("a key of another kind", ("direct.pem", "server-rsa.key"))):
    show("load_cert_chain, reason, " + what, reason(load, *args))
for what, args in (("nothing", ()), ("None", (None,)), ("a number", (5,)), ("a number for the key", (PKI + "direct.pem", 5)), ("four", (1, 2, 3, 4)),
                   ("a list", ([],))):
    show("load_cert_chain, " + what, told(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain, *args))

for what in ("nothing.pem", "words.txt", "empty.pem", "direct.key", "truncated.pem", "broken-middle.pem", "root-ecdsa.pem", "root-ecdsa.der",
             "roots.pem", "bundle.pem", "capath", "garbage.bin", "direct.pem"):
    show("load_verify_locations, " + what, told(trust, what))
for what, named in (("nothing", {}), ("a path that is not there", {"capath": "/nowhere"}), ("empty words", {"cadata": ""}), ("no bytes", {"cadata": b""}),
                    ("words", {"cadata": "words"}), ("bytes of words", {"cadata": b"words"}), ("a number", {"cadata": 5}),
                    ("a number for a path", {"capath": 5}), ("letters beyond ASCII", {"cadata": "\u00fc"})):
    show("load_verify_locations, " + what, told(trust, **named))
show("load_verify_locations, a number for a file", told(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations, 5))
with open(PKI + "roots.pem") as file:
    words = file.read()
show("load_verify_locations, PEM", told(trust, cadata=words))
show("load_verify_locations, PEM with words around", told(trust, cadata="before\n" + words + "after\n"))
show("load_verify_locations, the same twice", told(trust, cadata=words + words))

# ---- the protocol ----

for where, version in versions():
    mine = client()
    mine.minimum_version = mine.maximum_version = version
    c, s = pair(mine, server("direct.pem"))
    error = caught(c.read)
    show("nothing to read, " + where, (attributes(error), error.args[0]))
    bio_in, bio_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = mine.wrap_bio(bio_in, bio_out, server_hostname="localhost")
    error = caught(c.do_handshake)
    show("the handshake waits, " + where, (attributes(error), error.args[0]))
    bio_in.write(b"SSH-2.0-OpenSSH_9.2\r\n")
    error = caught(c.do_handshake)
    show("the peer speaks no TLS, " + where, (attributes(error), error.args[0]))
    bio_in, bio_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = mine.wrap_bio(bio_in, bio_out, server_hostname="localhost")
    bio_in.write_eof()
    error = caught(c.do_handshake)
    show("the peer leaves, " + where, (attributes(error), error.args[0]))
    bio_in, bio_out = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = mine.wrap_bio(bio_in, bio_out, server_hostname="localhost")
    bio_in.write(b"\x15\x03\x03\x00\x02\x02\x28")
    error = caught(c.do_handshake)
    show("the peer refuses, " + where, (kind(error), error.args[0]))
    show("reason of a refusal, " + where, error.reason)

    new, old = client(), server("direct.pem")
    new.minimum_version = new.maximum_version = version
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_2 if version == ssl.TLSVersion.TLSv1_3 else ssl.TLSVersion.TLSv1_3
    mine, theirs = both(new, old)
    show("no version in common, client of %s alone" % where, (kind(mine), kind(theirs)))
    show("reasons, no version in common, client of %s alone" % where, (mine.reason, theirs.reason))

only128, only256 = client(), server("direct.pem")
only128.maximum_version = ssl.TLSVersion.TLSv1_2
only128.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
only256.set_ciphers("ECDHE-ECDSA-AES256-GCM-SHA384")
mine, theirs = both(only128, only256)
show("no cipher in common", (kind(mine), kind(theirs)))
show("reasons, no cipher in common", (mine.reason, theirs.reason))
nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
mine, theirs = both(client(), nobody)
show("a server without a certificate", (kind(mine), kind(theirs)))
