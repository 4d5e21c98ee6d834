# A server's sni_callback.
# differs: returns no number: the exception reaches the caller of the handshake
# differs: raises: the same
# differs: the context is no context: the same
# differs: verify_mode of the other context: here the chosen context decides on client certificates
from same import *

seen = []


def run(callback, name="localhost", first=None, wish=None, check=True):
    # What the client and the server made of it.
    seen.clear()
    context = first or server("direct.pem")
    context.sni_callback = callback
    mine = wish or client()
    mine.check_hostname = check
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = mine.wrap_bio(to_client, to_server, server_hostname=name)
    s = context.wrap_bio(to_server, to_client, server_side=True)
    results = {}
    for _ in range(8):
        for title, end in (("client", c), ("server", s)):
            if results.get(title, "SSLWantReadError") == "SSLWantReadError":
                results[title] = outcome(end.do_handshake)
    return results["client"], results["server"], c, s


def note(sslobj, name, context):
    seen.append((name, type(sslobj).__name__, sslobj.server_side, sslobj.context is context))


show("attribute", (server("direct.pem").sni_callback, client().sni_callback))
show("not callable", [outcome(setattr, server("direct.pem"), "sni_callback", wrong) for wrong in (5, "x")])
show("a client's context", outcome(setattr, client(), "sni_callback", note))
show("removed", (run(None)[:2], seen))
show("a name", (run(note)[:2], seen))
show("another name", (run(note, "www.example.com", check=False)[:2], seen))
show("an address", (run(note, "127.0.0.1", check=False)[:2], seen))
show("no name", (run(note, None, check=False)[:2], seen))

for number in (ssl.ALERT_DESCRIPTION_ACCESS_DENIED, ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME, 40, 80):
    show("alert %d" % number, run(lambda *args: number)[:2])
show("returns no number", run(lambda *args: "x")[:2])


def raising(*args):
    raise KeyError("no")


if sys.implementation.name == "cpython":
    sys.unraisablehook = lambda unraisable: None
show("raises", run(raising)[:2])


def choose(context):
    def callback(sslobj, name, before):
        sslobj.context = context
        seen.append((sslobj.context is context, before is context))
    return callback


other = server("other-server.chain.pem", "other-server.key")
result = run(choose(other), check=False)
show("another certificate, its root unknown", (result[:2], seen))
result = run(choose(other), wish=client("other-root.pem"), check=False)
show("another certificate", (result[:2], seen, result[3].context is other))
show("its digest", result[2].getpeercert(True) == result[2].getpeercert(True) and len(result[2].getpeercert(True)) > 100)
show("the context is no context", run(choose(5))[:2])


def with_alpn(names):
    context = server("direct.pem")
    context.set_alpn_protocols(names)
    return context


mine = client()
mine.set_alpn_protocols(["a", "b"])
result = run(choose(with_alpn(["b"])), first=with_alpn(["a"]), wish=mine)
show("ALPN of the other context", (result[:2], result[2].selected_alpn_protocol(), result[3].selected_alpn_protocol()))
strict = server("direct.pem")
strict.load_verify_locations(PKI + "root-ecdsa.pem")
strict.verify_mode = ssl.CERT_REQUIRED
mine = client()
mine.maximum_version = ssl.TLSVersion.TLSv1_2
show("verify_mode of the other context", run(choose(strict), wish=mine)[:2])
