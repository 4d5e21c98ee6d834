"""ussl beside MicroPython's own TLS module, on an emulated Cortex-M3.

Everything repeats but the peer's random numbers: instructions are counted, not timed.
"""
from device import bulk, emulator, handshakes, heap, memory, sizes

PARTS = {"memory": memory, "heap": heap, "handshakes": handshakes, "bulk": bulk, "sizes": sizes}


def run(names=None):
    """The tables of these parts, or of all."""
    for module in emulator.MODULES:
        emulator.build(module, METER="1")
    for name in names or PARTS:
        yield from PARTS[name].run()
