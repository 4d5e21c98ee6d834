"""Sizes of object files, from the map that GNU ld writes."""
import re

# " .text.name  0xaddress  0xsize file"; after a long name the rest is on the next line.
PIECE = re.compile(r"^ \.(text|rodata|data|bss)\S*\s+0x[0-9a-f]+\s+0x([0-9a-f]+) (\S+)$", re.M)
OURS = re.compile(r"(?<!/lwip)/(src/(?:bind|core|engine|accel)/\S+|(?:mbedtls|bearssl)/\S+)\.o$")
IN_FLASH = ("text", "rodata", "data")
IN_MEMORY = ("data", "bss")


def pieces(text):
    """(kind, size, file) of every section that was kept."""
    kept = text[text.index("Linker script and memory map"):]
    for kind, size, file in PIECE.findall(kept):
        yield kind, int(size, 16), file


def largest(path, most):
    """[(file, (flash, memory))] of ussl, mbedTLS and the accelerators."""
    totals = {}
    with open(path) as file:
        for kind, size, name in pieces(file.read()):
            found = OURS.search(name)
            if found:
                flash, memory = totals.get(found.group(1), (0, 0))
                totals[found.group(1)] = (flash + size * (kind in IN_FLASH),
                                          memory + size * (kind in IN_MEMORY))
    return sorted(totals.items(), key=lambda item: -item[1][0])[:most]
