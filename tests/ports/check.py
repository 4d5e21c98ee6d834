#!/usr/bin/env python3
"""Compile ussl and its mbedTLS as MicroPython's ports do, and look at what came out.

    tests/ports/check.py [PORT ...]      of stm32 rp2 rp2350 esp32 nobody; default: all

No board and no port's drivers are needed, only cross compilers; what is missing is
skipped.  A port's real build is described in docs/ports.md.
"""
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))

from support import pki

SOURCES = os.path.join(ROOT, "build", "src")
TOP = os.environ.get("MICROPYTHON_DIR", os.path.join(SOURCES, "micropython"))
MBEDTLS = os.environ.get("MBEDTLS_DIR", os.path.join(SOURCES, "mbedtls"))
LWIP = os.environ.get("LWIP_DIR", os.path.join(SOURCES, "lwip"))
BEARSSL = os.environ.get("BEARSSL_DIR", os.path.join(SOURCES, "bearssl"))
OUT = os.path.join(ROOT, "build", "ports")

ARM, RISCV = "arm-none-eabi-", "riscv64-unknown-elf-"
TOOLS = {"stm32": ARM, "rp2": ARM, "rp2350": ARM, "esp32": RISCV, "nobody": ARM}
ESP32_FLAGS = "-march=rv32imc -mabi=ilp32 -specs=picolibc.specs"

# What a port's C library and compiler give everybody, and MicroPython's own names.
LIBRARY = ("memchr memcmp memcpy memmove memset snprintf strchr strcmp strlen strspn strstr errno").split()
MICROPYTHON = re.compile(r"(mp|m|gc|qstr|vstr|nlr|utf8)_|__|lwip_")
# The one thing that a port has to bring for ussl.
ENTROPY = "mbedtls_hardware_poll"


class Failed(Exception):
    """A case's reason for `not ok`."""


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def must(command):
    status, text = run(command)
    if status:
        errors = [line for line in text.splitlines() if "error" in line.lower() or "***" in line]
        raise Failed("; ".join(errors[:3] or text.splitlines()[-3:]))
    return text


def names(tools, path, kinds):
    """The names of an object or archive whose nm letter is one of kinds."""
    lines = must([tools + "nm", path]).splitlines()
    return {line.split()[-1] for line in lines if len(line.split()) > 1 and line.split()[-2] in kinds}


# ---- the cases; each gets a port's name ----


def bundle(port):
    """Some ports have trusted roots in their flash."""
    return pki.path("roots.pem") if port in ("stm32", "rp2") else ""


def compiles(port):
    must(["make", "--no-print-directory", "-s", "-C", HERE, "-j2", "LIKE=" + port, "TOP=" + TOP,
          "MBEDTLS_DIR=" + MBEDTLS, "LWIP_DIR=" + LWIP, "BUILD=" + os.path.join(OUT, port),
          "USSL_TRUST_BUNDLE=" + bundle(port)])


def needs_little(port):
    """No malloc, no C library's clock, nothing of mbedTLS that is not built."""
    wanted = names(TOOLS[port], os.path.join(OUT, port, "ussl.o"), "U")
    strange = [name for name in sorted(wanted) if not MICROPYTHON.match(name) and name not in LIBRARY + [ENTROPY]]
    if strange:
        raise Failed("it needs " + ", ".join(strange))


def asks_port_for_entropy(port):
    """Missing, so that a port without it does not link; or weak, from MicroPython's own."""
    if ENTROPY not in names(TOOLS[port], os.path.join(OUT, port, "ussl.o"), "UW"):
        raise Failed("something else takes the place of " + ENTROPY)


def cmake(port, *flags):
    build = os.path.join(OUT, "cmake-" + port)
    text = must(["cmake", "-S", os.path.join(HERE, "cmake"), "-B", build, "-Wno-dev", "-DLIKE=" + port, "-DTOP=" + TOP,
                 "-DUSER_C_MODULES=" + os.path.join(ROOT, "src"), "-DMBEDTLS_DIR=" + MBEDTLS,
                 "-DCMAKE_SYSTEM_NAME=Generic", "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY",
                 "-DCMAKE_BUILD_TYPE=MinSizeRel", "-DCMAKE_C_COMPILER=" + TOOLS[port] + "gcc",
                 "-DUSSL_TRUST_BUNDLE=" + bundle(port)] + list(flags))
    must(["cmake", "--build", build, "-j2", "--target", "ussl_engine"])
    return text, os.path.join(build, "libussl_engine.a")


def replaces_port_library(port):
    """rp2: the port's mbedTLS and ssl are left out, ours is whole; faster curves too, if they are there."""
    faster = "bearssl" if os.path.isdir(BEARSSL) else ""
    text, library = cmake(port, "-DCMAKE_C_FLAGS=-mcpu=cortex-m0plus -mthumb", "-DUSSL_ACCEL=" + faster,
                          "-DBEARSSL_DIR=" + BEARSSL)
    if "the port's own mbedTLS: ''" not in text or "MICROPY_PY_SSL=0" not in text:
        raise Failed("the port's own mbedTLS or ssl stays: " + text)
    missing = {n for n in names(TOOLS[port], library, "U") if n.startswith(("mbedtls_", "psa_"))}
    missing -= names(TOOLS[port], library, "TDBRVWC") | {ENTROPY}
    if missing:
        raise Failed("not built: " + ", ".join(sorted(missing)))


def hides_mbedtls(port):
    """esp32: no name of ours meets one of ESP-IDF's mbedTLS."""
    library = cmake(port, "-DCMAKE_C_FLAGS=" + ESP32_FLAGS)[1]
    seen = [name for name in sorted(names(TOOLS[port], library, "TDBRVWC")) if not name.startswith("ussl_")]
    wanted = [name for name in sorted(names(TOOLS[port], library, "U")) if name.startswith(("mbedtls_", "psa_"))]
    if seen or wanted != [ENTROPY]:
        raise Failed("visible: %s; taken from outside: %s" % (seen[:5], wanted[:5]))


def stops(command, words):
    status, text = run(command)
    if not status or words not in text:
        raise Failed("it compiles" if not status else "it says: " + text[:300])


def refuses_port_configuration(port):
    """MicroPython's configuration of mbedTLS lacks what the engine needs, and is told so."""
    stops([TOOLS[port] + "gcc", "-mcpu=cortex-m0plus", "-mthumb", "-c", "-o", "/dev/null",
           "-I" + os.path.join(ROOT, "src"), "-I" + TOP, "-I" + os.path.join(MBEDTLS, "include"),
           "-I" + os.path.join(MBEDTLS, "library"), '-DMBEDTLS_CONFIG_FILE="ports/rp2/mbedtls/mbedtls_config_port.h"',
           "-DMICROPY_MBEDTLS_CONFIG_BARE_METAL=1",
           os.path.join(ROOT, "src", "engine", "mbedtls", "conn.c")], "ussl needs MBEDTLS_")


def refuses_no_entropy(port):
    """A board of the port without a generator is not built by mistake."""
    stops([TOOLS[port] + "gcc", "-mcpu=cortex-m7", "-mthumb", "-c", "-o", "/dev/null", "-DUSSL_PORT_RANDOM=1",
           "-DLIKE_stm32_without_generator=1", "-DMICROPY_HW_ENABLE_RNG=0", "-I" + HERE, "-I" + TOP,
           "-I" + os.path.join(OUT, port), "-I" + os.path.join(ROOT, "src"),
           os.path.join(ROOT, "src", "bind", "entropy.c")], "no source of randomness")


def board_files():
    """Builds and runs what is only for boards on this computer; it prints its own cases."""
    program = os.path.join(OUT, "board")
    engine = os.path.join(ROOT, "src", "engine", "mbedtls")
    os.makedirs(OUT, exist_ok=True)
    must(["gcc", "-std=gnu99", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined", "-o", program,
          "-I" + os.path.join(ROOT, "src"), "-I" + engine, "-I" + os.path.join(MBEDTLS, "include"),
          "-I" + os.path.join(MBEDTLS, "library"), '-DMBEDTLS_CONFIG_FILE="ussl_mbedtls_config_board.h"',
          os.path.join(HERE, "board.c"), os.path.join(engine, "calendar.c"), os.path.join(engine, "generator.c")])
    text = must([program])
    print(text, end="")
    if "not ok" in text:
        raise Failed("see above")


CASES = [
    (compiles, None),
    (needs_little, None),
    (asks_port_for_entropy, None),
    (replaces_port_library, "rp2"),
    (refuses_port_configuration, "rp2"),
    (hides_mbedtls, "esp32"),
    (refuses_no_entropy, "stm32"),
]


def check(port):
    """All cases of one port; True when none failed. Without a compiler they are skipped."""
    if not shutil.which(TOOLS[port] + "gcc"):
        print("skip - %s: there is no %sgcc" % (port, TOOLS[port]))
        return True
    good = True
    for case, only in CASES:
        title = "%s: %s" % (port, case.__name__.replace("_", " "))
        if only not in (None, port):
            continue
        if case in (replaces_port_library, hides_mbedtls) and not shutil.which("cmake"):
            print("skip - %s: there is no cmake" % title)
            continue
        try:
            case(port)
            print("ok - " + title)
        except Failed as why:
            print("not ok - %s: %s" % (title, why))
            good = False
    return good


def check_board_files():
    try:
        board_files()
    except Failed as why:
        print("not ok - files for boards: %s" % why)
        return False
    return True


def main():
    results = [check_board_files()] + [check(port) for port in sys.argv[1:] or TOOLS]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(main())
