"""What a module adds to the firmware: the same one is linked without it."""
import os

from support import mpy

from . import emulator, figures, linkmap
from table import Table

MOST = 16  # files of the link map that are named
NOT_INLINED = {"USSL_LTO": "0"}  # so that the map knows whose code is whose
SWITCHES = (
    ("USSL_WITHOUT=TLS13", {"USSL_WITHOUT": "TLS13"}),
    ("USSL_WITHOUT=EARLY_DATA", {"USSL_WITHOUT": "EARLY_DATA"}),
    ("USSL_WITHOUT=SERVER", {"USSL_WITHOUT": "SERVER"}),
    ("USSL_WITHOUT=RSA", {"USSL_WITHOUT": "RSA"}),
    ("USSL_WITHOUT=PSK", {"USSL_WITHOUT": "PSK"}),
    ("USSL_WITHOUT=MESSAGES", {"USSL_WITHOUT": "MESSAGES"}),
    ("USSL_WITHOUT=\"TLS13 SERVER RSA MESSAGES\"", {"USSL_WITHOUT": "TLS13 SERVER RSA MESSAGES"}),
)


def added(module, **options):
    """(flash, static memory) in bytes."""
    text, data, bss = (has - lacks for has, lacks in
                       zip(emulator.build(module, **options), emulator.build("none")))
    return text + data, data + bss


def whole():
    theirs, tls12, both = added("micropython"), added("ussl", USSL_WITHOUT="TLS13"), added("ussl")
    made = figures.table("Device: size of the module with its mbedTLS, bytes",
                         "what linking it adds to the firmware; -Os, Cortex-M3",
                         ["MicroPython's is TLS 1.2 with DTLS 1.2."])
    for at, what, reach in ((0, "flash", ("100,000", "130,000")), (1, "static memory", ("", ""))):
        figures.add(made, what + ": TLS 1.2, client and server",
                    {"micropython": theirs[at], "ussl": tls12[at]}, figures.size, reach[0])
        figures.add(made, what + ": TLS 1.2 and 1.3, sessions", {"ussl": both[at]}, figures.size, reach[1])
    return made


def switches():
    made = Table("Device: what a switch saves, bytes", "options of src/micropython.mk; the default build has USSL_LTO=1",
                 ("", "flash", "static memory"))
    default = added("ussl")
    savings = [("USSL_LTO=1", added("ussl", **NOT_INLINED), default)]
    savings += [(name, default, added("ussl", **options)) for name, options in SWITCHES]
    for name, more, less in savings:
        made.add(name, figures.size(more[0] - less[0]), figures.size(more[1] - less[1]))
    return made


def map_path():
    """The link map of a build; tools/firmware.sh names the folder."""
    folder = "MPS2_AN385-entropy-none-ussl-lto-0"
    return os.path.join(mpy.ROOT, "build", "firmware", folder, "firmware.map")


def parts():
    emulator.build("ussl", **NOT_INLINED)
    made = Table("Device: where ussl's flash goes, bytes",
                 "the largest files of ussl and its libraries, by the map of a build with USSL_LTO=0",
                 ("", "flash", "static memory"))
    for name, (flash, memory) in linkmap.largest(map_path(), MOST):
        made.add(name, figures.size(flash), figures.size(memory))
    return made


def run():
    yield whole()
    yield switches()
    yield parts()
