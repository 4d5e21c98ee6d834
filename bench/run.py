#!/usr/bin/env python3
"""Compare ussl on MicroPython with CPython's ssl: the same peers, one run, in turn.

    ./run bench                      all cases but device, under four minutes
    ./run bench data wire            these cases
    ./run bench --quick              all cases but device, shorter and rougher
    ./run bench --record             and write bench/results/latest.md
    ./run bench wire --record        one case: bench/results/wire.md
    ./run bench device               on an emulated board, beside MicroPython's own module
    ./run bench device --parts heap  one part of it

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
import case_device  # noqa: E402
import case_handshakes  # noqa: E402
import case_memory  # noqa: E402
import case_wire  # noqa: E402
import machine  # noqa: E402
from measure import Plan  # noqa: E402
from support.process import PeerError  # noqa: E402

CASES = {"handshakes": case_handshakes, "data": case_data, "wire": case_wire,
         "calls": case_calls, "memory": case_memory}
DEVICE = "device"  # takes a firmware to build, so it is measured when asked for, and alone
NORMAL = Plan(rounds=5, seconds=0.5)
QUICK = Plan(rounds=3, seconds=0.1, rough=True)
RESULTS = os.path.join(HERE, "results")


def options():
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="case", help=", ".join([*CASES, DEVICE]))
    parser.add_argument("--quick", action="store_true", help="under 40 seconds")
    parser.add_argument("--record", action="store_true", help="write into bench/results")
    parser.add_argument("--parts", nargs="+", metavar="part", choices=case_device.PARTS,
                        help="of device: " + ", ".join(case_device.PARTS))
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if DEVICE in asked.cases and len(asked.cases) > 1:
        parser.error("the case 'device' is measured alone")
    if asked.parts and DEVICE not in asked.cases:
        parser.error("--parts are parts of the case 'device'")
    for name in asked.cases if DEVICE not in asked.cases else ():
        if name not in CASES:
            parser.error("there is no case '%s'; there are %s" % (name, ", ".join([*CASES, DEVICE])))
    return asked


def tables(asked):
    if DEVICE in asked.cases:
        yield from case_device.run(asked.parts)
        return
    for name in asked.cases or CASES:
        yield from CASES[name].run(QUICK if asked.quick else NORMAL)


def measure(asked):
    """The tables of the cases, each shown as soon as it is there."""
    texts = []
    for table in tables(asked):
        texts.append(table.text())
        print(texts[-1], flush=True)
    return texts


def record(name, command, texts, about, took):
    path = os.path.join(RESULTS, name)
    os.makedirs(RESULTS, exist_ok=True)
    with open(path, "w") as file:
        file.write("# Benchmark of %s\n\n" % time.strftime("%Y-%m-%d"))
        file.write("Written by `%s`; what is measured, and how to read it,\n"
                   "is in [bench/README.md](../README.md). It took %d s; the load of the machine\n"
                   "was %s at the end.\n\n" % (command, took, machine.load()))
        file.write("```\n%s\n```\n" % about)
        for text in texts:
            title, rest = text.split("\n", 1)
            file.write("\n## %s\n\n```\n%s```\n" % (title, rest))
    print("written: %s" % os.path.relpath(path))


def main():
    asked = options()
    if asked.check:  # only the words were to be judged
        return
    device = DEVICE in asked.cases
    start, about = time.monotonic(), machine.describe_device() if device else machine.describe()
    print(about + "\n", flush=True)
    texts = measure(asked)
    took = time.monotonic() - start
    print("%d s, load of the machine at the end: %s" % (took, machine.load()))
    if asked.record:
        name = asked.cases[0] if len(asked.cases) == 1 else "latest"
        record(name + ".md", "./run bench %s" % " ".join(asked.cases + ["--record"]), texts, about, took)


if __name__ == "__main__":
    try:
        main()
    except PeerError as error:
        sys.exit("bench: %s" % error)
    except KeyboardInterrupt:
        sys.exit(130)
