#!/usr/bin/env python3
"""Check the rules of the source tree that a compiler does not check.

- An #include points from bind to core and from engine to core, never back:
  core knows C and itself, an engine core and its library, bind core and MicroPython.
- No source file has more than 600 lines.
- Nothing unfinished is marked in the tree, and no script names a package mirror.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAX_LINES = 600
C_HEADERS = ("assert errno float inttypes iso646 limits locale math setjmp signal stdalign "
             "stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string tgmath "
             "threads time uchar wchar wctype").split()
STANDARD = tuple(name + ".h" for name in C_HEADERS)
LIBRARIES = ("mbedtls/", "psa/", "openssl/", "wolfssl/")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
MARKS = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b")
MIRROR = re.compile(r"https?://[\w.-]*(debian|ubuntu)\.(org|com)|https?://[\w.-]*\b(mirror|proxy|cache)\b")
TEXT = (".c", ".h", ".py", ".sh", ".mk", ".cmake", ".md", ".txt", "")


def files():
    """What belongs to the project: known to git, or new and not ignored."""
    names = tracked() or walk()
    return sorted(name for name in names if os.path.isfile(os.path.join(ROOT, name)))


def tracked():
    """The list of git, empty where there is none."""
    try:
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except FileNotFoundError:
        return []
    return [] if listed.returncode else listed.stdout.decode().splitlines()


def walk():
    """The same without git, as in an unpacked archive."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in (".git", "build", "__pycache__")]
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), ROOT)


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def wrong_include(name, header):
    """Why this file may not include this header, or None."""
    layer = name.split("/")[1]
    library = header.startswith(LIBRARIES)
    python = header.startswith(("py/", "extmod/", "shared/")) or header.startswith("mp")
    if layer == "core":
        if header in STANDARD or header.startswith("core/") or "/" not in header and beside(name, header):
            return None
        return "core knows C and itself only"
    if layer == "engine":
        return "an engine knows core and its library only" if python or header.startswith("bind/") else None
    if layer == "bind":
        return "bind knows core and MicroPython only" if library or header.startswith("engine/") else None
    return None


def beside(name, header):
    return os.path.exists(os.path.join(ROOT, os.path.dirname(name), header))


def check_includes(names):
    for name in names:
        if name.startswith("src/") and name.endswith((".c", ".h")):
            for header in INCLUDE.findall(read(name)):
                why = wrong_include(name, header)
                if why:
                    yield "%s includes %s: %s" % (name, header, why)


def check_length(names):
    for name in names:
        if name.startswith("src/"):
            lines = read(name).count("\n")
            if lines > MAX_LINES:
                yield "%s has %d lines, more than %d" % (name, lines, MAX_LINES)


def check_words(names, pattern):
    for name in names:
        if os.path.splitext(name)[1] in TEXT:
            for number, line in enumerate(read(name).splitlines(), 1):
                found = pattern.search(line)
                if found:
                    yield "%s:%d: %s" % (name, number, found.group(0))


def check_self():
    """The rules catch what they are for; otherwise the checks above prove nothing."""
    bad = [("src/core/a.c", "mbedtls/ssl.h"), ("src/core/a.c", "py/obj.h"), ("src/core/a.c", "unistd.h"),
           ("src/core/a.c", "bind/a.h"), ("src/engine/x/a.c", "py/obj.h"),
           ("src/bind/a.c", "mbedtls/ssl.h"), ("src/bind/a.c", "psa/crypto.h"),
           ("src/bind/a.c", "openssl/ssl.h"), ("src/bind/a.c", "engine/mbedtls/a.h")]
    good = [("src/core/a.c", "string.h"), ("src/core/a.c", "core/engine.h"),
            ("src/engine/x/a.c", "mbedtls/ssl.h"), ("src/bind/a.c", "py/obj.h")]
    for row in bad:
        if not wrong_include(*row):
            yield "%s may include %s" % row
    for row in good:
        if wrong_include(*row):
            yield "%s may not include %s" % row


def main():
    names = files()
    checks = [
        ("the include rules themselves", check_self()),
        ("includes point one way", check_includes(names)),
        ("no source file over %d lines" % MAX_LINES, check_length(names)),
        ("nothing marked unfinished", check_words(names, MARKS)),
        ("no package mirror named", check_words(names, MIRROR)),
    ]
    failed = False
    for title, faults in checks:
        faults = list(faults)
        failed = failed or bool(faults)
        if not faults:
            print("ok - " + title)
        else:
            print("not ok - %s: %s" % (title, "; ".join(faults)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
