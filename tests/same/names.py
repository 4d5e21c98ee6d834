# Which certificate is good for which name.
# differs: international name in letters: MicroPython has no IDNA: the name is given as it goes over the wire
# differs: wild for 'www..example.com': the IDNA codec refuses the empty label; here no certificate is for such a name
# differs: a NUL in the name: one class for all wrong names
# differs: no name: CPython's wrap_bio, other than its wrap_socket, leaves the check out
# differs: a number for a name: CPython does not look at the type
from same import *

# What the certificate is for (tests/certs/make.py), and the names to try. All common names are example.com.
TABLE = (
    ("exact", ("example.com", "EXAMPLE.COM", "example.com.", "www.example.com", "xample.com", "example.co", "example.comm",
               "example-com", "com", "example.com\t", " example.com", "192.0.2.1", "e", "exampleXcom")),
    ("upper", ("example.com", "EXAMPLE.COM", "www.example.com")),
    ("several", ("one.example", "two.example", "three.example", "four.example", "192.0.2.7", "192.0.2.8", "example.com")),
    ("wild", ("www.example.com", "WWW.EXAMPLE.COM", "a.example.com", "a.b.example.com", "example.com", ".example.com",
              "-.example.com", "a_b.example.com", "_.example.com", "xn--bcher-kva.example.com", "*.example.com",
              "www.example.com.", "www.example.org", "wwwexample.com", "www.xexample.com", "1.example.com", "w w.example.com",
              "www..example.com")),
    ("wild-top", ("example.com", "www.example.com", "com", "*.com")),
    ("wild-all", ("example.com", "localhost", "*")),
    ("wild-twice", ("a.b.example.com", "a.example.com", "a.*.example.com", "*.*.example.com")),
    ("wild-inner", ("www.a.example.com", "www.*.example.com", "www.example.com")),
    ("wild-head", ("www.example.com", "w.example.com", "w*.example.com", "example.com")),
    ("wild-tail", ("www.example.com", "w.example.com", "*w.example.com")),
    ("wild-idna", ("xn--bcher-kva.example.com", "xn--.example.com", "xn--*.example.com")),
    ("wild-dot", ("www.example.com", "www.example.com.", "example.com")),
    ("idna", ("xn--bcher-kva.example", "XN--BCHER-KVA.example", "bcher-kva.example", "www.xn--bcher-kva.test",
              "xn--bcher-kva.test", "www.bcher-kva.test")),
    ("dot", ("example.com", "example.com.")),
    ("lead", ("example.com", "www.example.com")),
    ("ip4", ("192.0.2.1", "192.0.2.2", "192.000.2.1", "192.0.2.01", "3221225985", "0xc0000201", "192.0.513", "::ffff:192.0.2.1",
             "192.0.2.1.")),
    ("ip6", ("2001:db8::1", "2001:DB8::1", "2001:db8:0:0:0:0:0:1", "2001:0db8::0001", "2001:db8::2", "::1", "2001:db8::",
             "[2001:db8::1]")),
    ("ip-as-name", ("192.0.2.1", "192.0.2.9", "1.0.2.9", "example.com")),
    ("uri", ("https://example.com/", "www.example.com")),
    ("email", ("you@example.com", "www.example.com")),
    ("nul", ("bad.test", "example.com.bad.test")),
    ("mixed", ("other.example", "example.com", "https://example.com/")),
    ("none", ("www.example.com", "192.0.2.1")),
    ("address", ("192.0.2.1", "example.com")),
    ("ip6-as-ip4", ("192.0.2.1", "c000:201::1")),
)


def connect(cert, name):
    pair(client(), server("alt-" + cert + ".pem"), name)
    return "accepted"


for cert, names in TABLE:
    for name in names:
        show("%s for %r" % (cert, name), outcome(connect, cert, name))

for what, cert in (("common name", "none"), ("mailbox", "email"), ("URI", "uri"), ("address", "ip4"), ("IPv6 address", "ip6")):
    show(what + " for example.com", outcome(connect, cert, "example.com"))

context = client()
context.hostname_checks_common_name = False
show("common names turned off", (context.hostname_checks_common_name, outcome(pair, context, server("alt-none.pem"), "example.com")))
show("NUL behind a name", outcome(connect, "nul", "example.com"))
show("an empty name", outcome(connect, "exact", ""))
show("a dot first", outcome(connect, "exact", ".example.com"))
show("a NUL in the name", outcome(connect, "exact", "example.com\0"))
show("no name", outcome(connect, "exact", None))
show("a number for a name", outcome(connect, "exact", 5))
show("international name in letters", outcome(connect, "idna", "b\u00fccher.example"))
