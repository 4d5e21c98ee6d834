"""What a device pays that reports on a metered link: a month of short connections, from the
bytes that the benchmark has counted."""
from table import Table

# The assumptions, all of them.
EVERY = 10                 # minutes between two reports
DAYS = 30
REPORT, ANSWER = 100, 20   # bytes of application data
PRICE = 0.50               # for a megabyte (1,000,000 bytes), whatever the currency
HEADERS = 20 + 20          # of a segment: IPv4 and TCP without options, as lwIP sends them
SYN_OPTION = 4             # of the first segment each way: the maximum segment size
MAX_SEGMENT = 1460
RECORD = {"1.2": 5 + 8 + 16, "1.3": 5 + 1 + 16}         # around data
CLOSE = {"1.2": 5 + 8 + 2 + 16, "1.3": 5 + 2 + 1 + 16}  # close_notify

REPORTS = DAYS * 24 * 60 // EVERY


def segments(seen):
    """SYN, SYN, ACK; the flights of the handshake, in as few segments as hold them; the
    report, with the client's last flight, and the answer; each end's close_notify with FIN,
    and the last ACK. All other acknowledgements travel with data."""
    handshake = 2 * max(seen.trips, 1) - 1 + -(-seen.down // MAX_SEGMENT)
    return 3 + handshake + 1 + 3


def cost(seen, version):
    """Bytes of one report, everything."""
    data = REPORT + ANSWER + 2 * RECORD[version] + 2 * CLOSE[version]
    return seen.sum + seen.ticket + data + segments(seen) * HEADERS + 2 * SYN_OPTION


ROWS = (("a full handshake each time, TLS 1.2", "TLS 1.2 full"),
        ("a full handshake each time, TLS 1.3", "TLS 1.3 full"),
        ("resumed, TLS 1.2", "TLS 1.2 resumed by ticket"),
        ("resumed, TLS 1.3 with ECDHE", "TLS 1.3 resumed, ECDHE"),
        ("the same, no compat", "no compat: TLS 1.3 resumed, ECDHE"),
        ("resumed, TLS 1.3, PSK alone, no compat", "no compat: TLS 1.3 resumed, PSK alone"),
        ("the same, the report as early data (0-RTT)", "no compat: TLS 1.3 resumed, PSK alone, 0-RTT"))


def cells(seen, name):
    if seen is None:
        return ["-"] * 3
    each = cost(seen, "1.2" if "1.2" in name else "1.3")
    month = each * REPORTS / 1e6
    return [each, "%.2f" % month, "%.2f" % (month * PRICE)]


def table(kept):
    """`kept`: {server: {name of a row: Seen}}"""
    made = Table(
        "Wire: ussl reports every %d minutes for %d days" % (EVERY, DAYS),
        "%d connections: a report of %d bytes, an answer of %d, close_notify, TCP over IPv4 (%d bytes a\n"
        "segment); a megabyte costs %.2f" % (REPORTS, REPORT, ANSWER, HEADERS, PRICE),
        ("", "openssl", "", "", "ussl", "", ""),
        ("", "bytes each", "MB a month", "cost", "bytes each", "MB a month", "cost"))
    for words, name in ROWS:
        made.add(words, *[cell for server in ("openssl", "ussl") for cell in cells(kept[server].get(name), name)])
    return made
