#!/usr/bin/env python3
"""Compare ussl on MicroPython with CPython's ssl: the same peers, one run, in turn.

    ./run bench                      all cases, under three minutes
    ./run bench data wire            these cases
    ./run bench --quick              all cases, shorter and rougher
    ./run bench --record             and write bench/results/latest.md

What is measured, and how to read it: bench/README.md.
"""
import argparse
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests"))

import case_calls  # noqa: E402
import case_data  # noqa: E402
import case_handshakes  # noqa: E402
import case_memory  # noqa: E402
import case_wire  # noqa: E402
import machine  # noqa: E402
from measure import Plan  # noqa: E402
from support.process import PeerError  # noqa: E402

CASES = {"handshakes": case_handshakes, "data": case_data, "wire": case_wire,
         "calls": case_calls, "memory": case_memory}
NORMAL = Plan(rounds=5, seconds=0.5)
QUICK = Plan(rounds=3, seconds=0.1)
RESULT = os.path.join(HERE, "results", "latest.md")


def options():
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join(CASES))
    parser.add_argument("--quick", action="store_true", help="under 40 seconds")
    parser.add_argument("--record", action="store_true", help="write bench/results/latest.md")
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    for name in asked.cases:
        if name not in CASES:
            parser.error("there is no case '%s'; there are %s" % (name, ", ".join(CASES)))
    return asked


def measure(names, plan):
    """The tables of the cases, each shown as soon as it is there."""
    texts = []
    for name in names:
        for table in CASES[name].run(plan):
            texts.append(table.text())
            print(texts[-1], flush=True)
    return texts


def record(texts, about, took):
    os.makedirs(os.path.dirname(RESULT), exist_ok=True)
    with open(RESULT, "w") as file:
        file.write("# Benchmark of %s\n\n" % time.strftime("%Y-%m-%d"))
        file.write("Written by `./run bench --record`; what is measured, and how to read it,\n"
                   "is in [bench/README.md](../README.md). It took %d s; the load of the machine\n"
                   "was %s at the end.\n\n" % (took, machine.load()))
        file.write("```\n%s\n```\n" % about)
        for text in texts:
            title, rest = text.split("\n", 1)
            file.write("\n## %s\n\n```\n%s```\n" % (title, rest))
    print("written: %s" % os.path.relpath(RESULT))


def main():
    asked = options()
    if asked.check:  # only the words were to be judged
        return
    start, about = time.monotonic(), machine.describe()
    print(about + "\n", flush=True)
    texts = measure(asked.cases or CASES, QUICK if asked.quick else NORMAL)
    took = time.monotonic() - start
    print("%d s, load of the machine at the end: %s" % (took, machine.load()))
    if asked.record:
        record(texts, about, took)


if __name__ == "__main__":
    try:
        main()
    except PeerError as error:
        sys.exit("bench: %s" % error)
    except KeyboardInterrupt:
        sys.exit(130)
