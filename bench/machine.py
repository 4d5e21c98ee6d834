"""What was measured on: the machine and the versions, without names of hosts."""
import os
import platform
import re
import ssl
import subprocess

from support import mpy


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def found(pattern, text):
    match = re.search(pattern, text, re.M)
    return match.group(1).strip() if match else "?"


def output(*argv):
    try:
        return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              cwd=mpy.ROOT).stdout.decode().strip()
    except FileNotFoundError:
        return ""


def mbedtls():
    folder = os.environ.get("MBEDTLS_DIR", os.path.join(mpy.ROOT, "build", "src", "mbedtls"))
    header = read(os.path.join(folder, "include", "mbedtls", "build_info.h"))
    return found(r'MBEDTLS_VERSION_STRING\s+"(.*)"', header)


def commit():
    """The state of the project, if it is known: `+` for changes not committed."""
    name = output("git", "rev-parse", "--short", "HEAD")
    return name + ("+" if name and output("git", "status", "--porcelain", "src", "ports", "firmware") else "")


def load():
    return "%.1f" % os.getloadavg()[0]


def micropython_version():
    folder = os.environ.get("MICROPYTHON_DIR", os.path.join(mpy.ROOT, "build", "src", "micropython"))
    header = read(os.path.join(folder, "py", "mpconfig.h"))
    return ".".join(found(r"^#define MICROPY_VERSION_%s (\d+)" % part, header)
                    for part in ("MAJOR", "MINOR", "MICRO"))


def first_line(*argv):
    return output(*argv).split("\n")[0]


def describe_device():
    """What the figures of the emulated board depend on."""
    return "\n".join((
        "board:   MPS2-AN385 (Cortex-M3), %s" % first_line("qemu-system-arm", "--version"),
        "built:   %s, -Os" % first_line("arm-none-eabi-gcc", "--version"),
        "ussl:    %s; for both modules MicroPython %s, mbedTLS %s" % (
            commit() or "no commit known", micropython_version(), mbedtls()),
        "peer:    %s" % first_line("openssl", "version")))


def describe():
    """One line for each thing that the figures depend on."""
    python = platform.python_version()
    micropython = output(mpy.interpreter(), "-c", "import sys; print(sys.version)")
    return "\n".join((
        "machine: %s, %d cores, %s %s, load %s" % (
            found(r"^model name\s*:(.*)$", read("/proc/cpuinfo")), os.cpu_count(),
            platform.system(), platform.machine(), load()),
        "ussl:    %s, %s, mbedTLS %s" % (
            commit() or "no commit known", found(r"(MicroPython \S+)", micropython), mbedtls()),
        "CPython: %s, %s" % (python, ssl.OPENSSL_VERSION)))
