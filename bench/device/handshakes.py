"""Instructions of handshakes."""
from . import emulator, figures

RUNS = 5  # the peer's random numbers make a difference of some per mille
REACH = {"client": "40 M", "server": ""}
RESUMED = (("1.2", "TLS 1.2 client: resumed, ticket", {}, "2.5 M"),
           ("1.3", "TLS 1.3 client: resumed, PSK with ECDHE", {}, ""),
           ("1.3", "TLS 1.3 client: resumed, PSK alone", {"psk_alone": "yes"}, ""))
# Nobody else is asked for it, so the peer may always allow it.
PEER = {"client": {"extra": ["-allow_no_dhe_kex"]}, "server": {}}


def medians(role, module, version, words=()):
    return figures.medians([figures.RUN[role](module, "handshakes", version, words, **PEER[role]) for _ in range(RUNS)])


def full(role, version, words=()):
    """{module: instructions}"""
    return {module: medians(role, module, version, words)["full"]
            for module in emulator.MODULES if version in figures.versions(module)}


def full_rows(made):
    for role in figures.RUN:
        for version in ("1.2", "1.3"):
            name = "TLS %s %s: " % (version, role)
            fresh = full(role, version)
            fragmented = full(role, version, {"fragmented": "yes"})
            figures.add(made, name + "full, fresh heap", fresh, figures.millions, REACH[role])
            figures.add(made, name + "full, fragmented heap", fragmented, figures.millions)
            ratios = {module: fragmented[module] / fresh[module] for module in fresh}
            figures.add(made, name + "fragmented over fresh", ratios, figures.times, "1.05x")


def resumed_rows(made):
    for version, name, words, reach in RESUMED:
        found = medians("client", "ussl", version, dict(words, resume="yes"))
        if found["reused"]:
            figures.add(made, name, {"ussl": found["resumed"]}, figures.millions, reach)
        else:
            made.notes.append("%s: the peer did not agree" % name)


def run():
    made = figures.table(
        "Device: instructions of a handshake",
        "allocator included, sleep and the network (lwIP, driver) left out; median of %d runs" % RUNS)
    full_rows(made)
    resumed_rows(made)
    yield made
