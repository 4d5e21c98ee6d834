#!/usr/bin/env python3
"""Run each script beside this file under CPython's ssl and under ussl, and compare.

    tests/same/test_same.py [SCRIPT.py ...]

A script prints lines `name = value`.  CPython is 3.13 or later, be it the machine's own or
the one that tools/cpython.sh has fetched: older ones do some things otherwise.  A name whose value differs on purpose stands in a
comment at the script's top, `# differs: name: reason`; it fails when both agree. A name
that ends in * stands for all that begin so.
"""
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# What goes to stderr must not break a line of facts.
ENVIRONMENT = dict(os.environ, PYTHONIOENCODING="utf-8", PYTHONUNBUFFERED="1", PYTHONWARNINGS="ignore")
sys.path.insert(0, os.path.dirname(HERE))

from support import cpython, mpy, pki


def facts(command):
    """What a run has shown, in order, and its error if it ended badly."""
    done = subprocess.run(command, cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, env=ENVIRONMENT)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    shown = dict(re.split(r" = ", line, maxsplit=1) for line in lines if " = " in line)
    return shown, " / ".join(lines[-4:]) if done.returncode else None


def differences(script):
    """Names that may differ."""
    with open(script) as file:
        found = (re.match(r"# differs: (.*?): .", line) for line in file)
        return [match.group(1) for match in found if match]


def matches(name, wanted):
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted


def compare(script):
    title = os.path.basename(script)[:-3]
    if cpython.command() is None:
        print("skip - %s: no CPython 3.13 or later here" % title)
        return 0
    path = pki.directory() + os.sep
    theirs, their_error = facts([cpython.command(), script, path])
    ours, our_error = facts([mpy.interpreter(), script, path])
    wanted = differences(script)
    failures = 0
    for who, error in (("CPython", their_error), ("ussl", our_error)):
        if error:
            print("not ok - %s: %s stopped: %s" % (title, who, error))
            failures += 1
    for name in list(theirs) + [name for name in ours if name not in theirs]:
        fault = judge(theirs.get(name), ours.get(name), any(matches(name, one) for one in wanted))
        failures += bool(fault)
        print("%s - %s: %s%s" % ("not ok" if fault else "ok", title, name, ": " + fault if fault else ""))
    for one in wanted:
        if not any(matches(name, one) for name in theirs):
            print("not ok - %s: %s: listed as different and not shown" % (title, one))
            failures += 1
    return failures


def judge(theirs, ours, may_differ):
    """What is wrong, or None."""
    if may_differ:
        return "listed as different, and the same: %s" % ours if theirs == ours else None
    return None if theirs == ours else "CPython: %s, ussl: %s" % (theirs, ours)


if __name__ == "__main__":
    scripts = sys.argv[1:] or sorted(glob.glob(os.path.join(HERE, "[!_]*.py")))
    own = ("same.py", "test_same.py")
    sys.exit(sum([compare(os.path.abspath(path)) for path in scripts if os.path.basename(path) not in own]) > 0)
