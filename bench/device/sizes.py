"""What a module adds to the firmware: the same one is linked without it."""
from . import emulator, figures


def added(module, without):
    return [has - lacks for has, lacks in zip(emulator.build(module), without)]


def run():
    without = emulator.build("none")
    found = {module: added(module, without) for module in emulator.MODULES}
    made = figures.table(
        "Device: size of the module with its mbedTLS, bytes",
        "what linking it adds to the firmware; -Os, Cortex-M3",
        ["MicroPython: TLS 1.2 and DTLS 1.2. ussl: TLS 1.2 and 1.3, sessions."])
    figures.add(made, "flash (text and data)", {m: v[0] + v[1] for m, v in found.items()}, figures.size, "130,000")
    figures.add(made, "static memory (data and bss)", {m: v[1] + v[2] for m, v in found.items()}, figures.size)
    yield made
