# ALPN: who chooses what.
# differs: none in common, *: the alert no_application_protocol, as RFC 7301 wants it
# differs: set bytes: MicroPython takes bytes where a str is wanted
# differs: set letters beyond ASCII: they go out as UTF-8
# differs: set a NUL: refused
# differs: set a str: a str is no list of names
# differs: set an iterator: a list or tuple
from same import *

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


def agree(offered, accepted, version=V13):
    mine, theirs = client(), server("direct.pem")
    mine.maximum_version = version
    if offered is not None:
        mine.set_alpn_protocols(offered)
    if accepted is not None:
        theirs.set_alpn_protocols(accepted)
    c, s = pair(mine, theirs)
    return c.selected_alpn_protocol(), s.selected_alpn_protocol()


for version, name in ((V12, "TLSv1.2"), (V13, "TLSv1.3")):
    for what, offered, accepted in (
            ("the same", ["h2"], ["h2"]), ("the client's first", ["h2", "http/1.1"], ["h2", "http/1.1"]),
            ("in another order", ["h2", "http/1.1"], ["http/1.1", "h2"]), ("one in common", ["a", "b", "c"], ["x", "c", "y"]),
            ("two in common", ["a", "b", "c"], ["x", "c", "b"]), ("only the client", ["h2"], None), ("only the server", None, ["h2"]),
            ("nobody", None, None), ("an empty list of the client", [], ["h2"]), ("an empty list of the server", ["h2"], []),
            ("upper case", ["H2"], ["h2", "H2"]), ("a tuple", ("h2",), ("h2",)), ("long", ["x" * 255], ["x" * 255]),
            ("twice", ["h2", "h2"], ["h2"]), ("many", ["p%d" % i for i in range(20)], ["p19"])):
        show("%s, %s" % (what, name), outcome(agree, offered, accepted, version))
    show("none in common, " + name, outcome(agree, ["a"], ["b"], version))


def taken_away():
    mine, theirs = client(), server("direct.pem")
    theirs.set_alpn_protocols(["h2"])
    for offered in (["h2", "http/1.1"], []):
        mine.set_alpn_protocols(offered)
    return [end.selected_alpn_protocol() for end in pair(mine, theirs)]


show("taken away", outcome(taken_away))
set_protocols = client().set_alpn_protocols
for what, value in (("an empty name", [""]), ("an empty name among others", ["h2", ""]), ("too long", ["x" * 256]), ("numbers", [1]), ("bytes", [b"h2"]),
                    ("None", None), ("a number", 5), ("a name of None", [None]), ("empty", []), ("a tuple", ("h2",)),
                    ("letters beyond ASCII", ["\u00fc"]), ("a NUL", ["a\0b"])):
    show("set " + what, outcome(set_protocols, value))
show("set a str", outcome(set_protocols, "h2"))
show("set an iterator", outcome(set_protocols, iter(["h2"])))
show("set nothing", outcome(set_protocols))

context = client()
context.set_alpn_protocols(["a"])
context.set_alpn_protocols(["b"])
theirs = server("direct.pem")
theirs.set_alpn_protocols(["a", "b"])
show("set twice", pair(context, theirs)[0].selected_alpn_protocol())
