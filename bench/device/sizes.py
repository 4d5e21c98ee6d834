"""What a module adds to the firmware: the same one is linked without it."""
from . import emulator, figures, linkmap

MOST = 16  # files of the link map that are named


def added(build, without):
    """(flash, static memory) in bytes, or None when it cannot be built."""
    sizes = emulator.build(build, must=build in emulator.MODULES)
    if sizes is None:
        return None
    text, data, bss = (has - lacks for has, lacks in zip(sizes, without))
    return text + data, data + bss


def whole():
    without = emulator.build("none")
    found = {build: added(build, without) for build in ("micropython", "ussl-tls12", "ussl")}
    notes = ["MicroPython's is TLS 1.2 with DTLS 1.2."]
    if found["ussl-tls12"] is None:
        notes.append("ussl cannot be built without TLS 1.3 yet.")
    made = figures.table("Device: size of the module with its mbedTLS, bytes",
                         "what linking it adds to the firmware; -Os, Cortex-M3", notes)
    for at, what, reach in ((0, "flash", ("100,000", "130,000")), (1, "static memory", ("", ""))):
        for name, builds, goal in (
                ("TLS 1.2, client and server", ("micropython", "ussl-tls12"), reach[0]),
                ("TLS 1.2 and 1.3, sessions", (None, "ussl"), reach[1])):
            values = {side: found[build][at]
                      for side, build in zip(emulator.MODULES, builds) if found.get(build)}
            figures.add(made, "%s: %s" % (what, name), values, figures.size, goal)
    return made


def parts():
    made = figures.table("Device: where ussl's flash goes, bytes",
                         "the largest files of ussl and its libraries, by the link map of the default build")
    made.titles = (("", "flash", "static memory"),)
    for name, (flash, memory) in linkmap.largest(emulator.map_path("ussl"), MOST):
        made.add(name, figures.size(flash), figures.size(memory))
    return made


def run():
    yield whole()
    yield parts()
