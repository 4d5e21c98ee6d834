# Versions of TLS: bounds, what comes of them, and mismatches.
# differs: at first, *: bounds are read as the version that they stand for
# differs: maximum_version set to MAXIMUM_SUPPORTED, *: the same
# differs: minimum_version set to MINIMUM_SUPPORTED, *: the same
# differs: maximum_version set to MINIMUM_SUPPORTED, *: the lowest is TLS 1.2
# differs: maximum_version set to SSLv3, *: versions below 1.2 are refused
# differs: maximum_version set to TLSv1, *: the same
# differs: maximum_version set to TLSv1_1, *: the same
# differs: minimum_version set to 5, *: the number of PROTOCOL_TLSv1_2 is taken too
# differs: minimum above maximum, *: told at once, not in the handshake
from same import *

TLSVersion = ssl.TLSVersion
for name in ("MINIMUM_SUPPORTED", "MAXIMUM_SUPPORTED", "TLSv1_2", "TLSv1_3"):
    show("TLSVersion." + name, int(getattr(TLSVersion, name)))
V12, V13, LOW, HIGH = TLSVersion.TLSv1_2, TLSVersion.TLSv1_3, TLSVersion.MINIMUM_SUPPORTED, TLSVersion.MAXIMUM_SUPPORTED
show("order", (V12 < V13, LOW < V12, HIGH < V12))

for side, new in (("client", client), ("server", lambda: server("direct.pem"))):
    context = new()
    show("at first, " + side, (int(context.minimum_version), int(context.maximum_version)))
    for what, value in (("TLSv1_2", V12), ("TLSv1_3", V13), ("MAXIMUM_SUPPORTED", HIGH), ("MINIMUM_SUPPORTED", LOW), ("0x0303", 0x0303)):
        for attribute in ("minimum_version", "maximum_version"):
            context = new()
            show("%s set to %s, %s" % (attribute, what, side), (outcome(setattr, context, attribute, value), int(getattr(context, attribute))))
    for what, value in (("5", 5), ("-5", -5), ("'TLSv1.2'", "TLSv1.2"), ("None", None), ("1.5", 1.5), ("0x0305", 0x0305)):
        context = new()
        show("minimum_version set to %s, %s" % (what, side), outcome(setattr, context, "minimum_version", value))
    for what, value in (("SSLv3", 0x0300), ("TLSv1", 0x0301), ("TLSv1_1", 0x0302)):
        context = new()
        show("maximum_version set to %s, %s" % (what, side), outcome(setattr, context, "maximum_version", value))
    context = new()
    context.maximum_version = V12
    show("minimum above maximum, " + side, outcome(setattr, context, "minimum_version", V13))

RANGES = (("1.2", V12, V12), ("1.3", V13, V13), ("1.2 to 1.3", V12, V13), ("1.2 up", V12, HIGH), ("up to 1.2", LOW, V12), ("any", LOW, HIGH))


def agree(mine, theirs):
    c_context, s_context = client(), server("direct.pem")
    for context, (_, low, high) in ((c_context, mine), (s_context, theirs)):
        context.minimum_version = low
        context.maximum_version = high
    c, s = pair(c_context, s_context)
    return c.version(), s.version(), c.cipher()[1]


for mine in RANGES:
    for theirs in RANGES:
        show("client %s, server %s" % (mine[0], theirs[0]), outcome(agree, mine, theirs))
