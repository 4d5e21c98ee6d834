#!/usr/bin/env python3
"""Run each script beside this file under CPython's ssl and under ussl, and compare.

    tests/same/test_same.py [SCRIPT.py ...]

A script prints lines `name = value`.  CPython is the machine's own and, where that is
older than 3.13, Debian 13's too (tools/cpython.sh): where the two differ, ussl agrees with
one of them.  A name whose value differs from both on purpose stands in a comment at the
script's top, `# differs: name: reason`; it fails when ussl agrees. A name that ends in *
stands for all that begin so. `# needs: NAME` leaves out a CPython whose ssl has no NAME.
"""
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import cpython, mpy, pki


def facts(command):
    """What a run has shown, in order, and its error if it ended badly."""
    done = subprocess.run(command, cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, env=dict(os.environ, PYTHONIOENCODING="utf-8"))
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    shown = dict(re.split(r" = ", line, maxsplit=1) for line in lines if " = " in line)
    return shown, " / ".join(lines[-4:]) if done.returncode else None


def listed(script, word):
    """What the script's top lists under a word, without the reasons."""
    with open(script) as file:
        found = (re.match(r"# %s: (.*?)(?:: .|$)" % word, line) for line in file)
        return [match.group(1) for match in found if match]


def matches(name, wanted):
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted


def compare(script):
    title = os.path.basename(script)[:-3]
    references = cpython.interpreters(listed(script, "needs"))
    if not references:
        print("skip - %s: no CPython here has what it needs" % title)
        return 0
    path = pki.directory() + os.sep
    shown = {name: facts([command, script, path]) for name, command in references.items()}
    shown["ussl"] = facts([mpy.interpreter(), script, path])
    failures = 0
    for who, (_, error) in shown.items():
        if error:
            print("not ok - %s: %s stopped: %s" % (title, who, error))
            failures += 1
    return failures + judge_all(title, {who: values for who, (values, _) in shown.items()}, listed(script, "differs"))


def judge_all(title, shown, wanted):
    failures = 0
    names = list(dict.fromkeys(name for values in shown.values() for name in values))
    for name in names:
        values = {who: theirs.get(name) for who, theirs in shown.items()}
        fault = judge(values, any(matches(name, one) for one in wanted))
        failures += bool(fault)
        print("%s - %s: %s%s" % ("not ok" if fault else "ok", title, name, ": " + fault if fault else ""))
    for one in wanted:
        if not any(matches(name, one) for name in names):
            print("not ok - %s: %s: listed as different and not shown" % (title, one))
            failures += 1
    return failures


def judge(values, may_differ):
    """What is wrong, or None."""
    agreeing = [who for who, value in values.items() if value == values["ussl"] and who != "ussl"]
    if may_differ:
        return "listed as different, and the same: %s" % values["ussl"] if agreeing else None
    return None if agreeing else ", ".join("%s: %s" % item for item in values.items())


if __name__ == "__main__":
    scripts = sys.argv[1:] or sorted(glob.glob(os.path.join(HERE, "[!_]*.py")))
    own = ("same.py", "test_same.py")
    sys.exit(sum([compare(os.path.abspath(path)) for path in scripts if os.path.basename(path) not in own]) > 0)
