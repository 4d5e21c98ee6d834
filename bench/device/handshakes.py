"""Instructions of a client's handshakes."""
from . import emulator, figures

RUNS = 5  # the peer's random numbers make a difference of some per mille
FULL = (
    ("full handshake, fresh heap", {}, "40 M"),
    ("full handshake, fragmented heap", {"fragmented": "yes"}, "fresh + 5 %"),
)
RESUMED = (
    ("1.2", "TLS 1.2 client: resumed, ticket", (), "2.5 M"),
    ("1.3", "TLS 1.3 client: resumed, PSK with ECDHE", (), ""),
)


def medians(module, version, words, extra=()):
    return figures.medians([figures.as_client(module, "handshakes", version, words, extra=extra)
                            for _ in range(RUNS)])


def full_rows(made):
    for name, words, reach in FULL:
        for version in ("1.2", "1.3"):
            found = {module: medians(module, version, words)["full"]
                     for module in emulator.MODULES if version in figures.versions(module)}
            figures.add(made, "TLS %s client: %s" % (version, name), found, figures.millions, reach)


def resumed_rows(made):
    for version, name, extra, reach in RESUMED:
        found = medians("ussl", version, {"resume": "yes"}, extra)
        if not found["reused"]:
            made.notes.append("%s: the peer did not agree" % name)
            found = {}
        figures.add(made, name, {"ussl": found["resumed"]} if found else {}, figures.millions, reach)


def run():
    made = figures.table(
        "Device: instructions of a handshake",
        "allocator included, sleep and the network (lwIP, driver) left out; median of %d runs" % RUNS)
    full_rows(made)
    resumed_rows(made)
    yield made
