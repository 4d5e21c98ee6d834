"""MicroPython with its own ssl, built when it is first asked for: build/upstream."""
import os
import subprocess

from support.mpy import ROOT

OUT = os.path.join(ROOT, "build", "upstream")
SOURCES = os.path.join(ROOT, "build", "src")
MICROPYTHON = os.environ.get("MICROPYTHON_DIR", os.path.join(SOURCES, "micropython"))
MBEDTLS = os.environ.get("MBEDTLS_DIR", os.path.join(SOURCES, "mbedtls"))


def interpreter():
    """Its path, or None where it cannot be built."""
    done = subprocess.run([
        "make", "-j2", "-C", os.path.join(MICROPYTHON, "ports", "unix"), "BUILD=" + OUT, "STRIP=",
        "VARIANT_DIR=" + os.path.join(ROOT, "ports", "unix"), "VARIANT=ussl", "MICROPY_PY_SSL=1",
        "MICROPY_SSL_MBEDTLS=1", "LDFLAGS_EXTMOD=-lm -lpthread", "MBEDTLS_DIR=" + MBEDTLS,
        "USER_C_MODULES=" + os.path.join(ROOT, "bench"), "MICROPY_MPYCROSS_DEPENDENCY=",
        "MICROPY_MPYCROSS=" + os.path.join(ROOT, "build", "mpy-cross", "mpy-cross"),
    ], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return None if done.returncode else os.path.join(OUT, "micropython")
