"""Instructions for each byte of application data."""
from . import emulator, figures

SUITES = (
    ("AES-128-GCM", "ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_AES_128_GCM_SHA256"),
    ("AES-256-GCM", "ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384"),
    ("CHACHA20-POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256"),
)
BLOCKS = (4096, 16384)
BEST = "60 (best suite)"


def suites(module):
    """MicroPython's configuration of mbedTLS has no ChaCha20."""
    return SUITES[:2] if module == "micropython" else SUITES


def measure(version):
    """{(suite, what): {module: instructions per byte}}"""
    found = {}
    for module in emulator.MODULES:
        if version not in figures.versions(module):
            continue
        for name, *both in suites(module):
            words = {"blocks": ",".join(map(str, BLOCKS))}
            got = figures.as_client(module, "bulk", version, words, suite=both[version == "1.3"])
            for what, value in got.items():
                found.setdefault((name, what), {})[module] = value
    return found


def run():
    made = figures.table(
        "Device: instructions for a byte of data",
        "a client's writes and reads, the network (lwIP, driver) left out")
    for version in ("1.2", "1.3"):
        found = measure(version)
        for name, _, _ in SUITES:
            for block in BLOCKS:
                for way in ("write", "read"):
                    figures.add(made, "TLS %s, %s: %s, %d KB" % (version, name, way, block // 1024),
                                found[name, "%s-%d" % (way, block)], figures.per_byte,
                                BEST if (name, block) == (SUITES[2][0], BLOCKS[0]) else "")
    yield made
