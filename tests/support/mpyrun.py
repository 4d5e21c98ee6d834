#!/usr/bin/env python3
"""Run one MicroPython test script with the peers it asks for.

    tests/support/mpyrun.py [--interpreter PATH | --board NAME] [--timeout S] tests/mpy/test_x.py

The script says what it needs in comments at its top:

    # peers: tls12 tls13 silent       servers on loopback, see tests/mpy/host/stage.py
    # timeout: 120                    seconds until it counts as hung (default 60)

Their addresses reach it in a generated module `peers`, found on the import
path, so the script needs neither environment nor arguments and runs the same
on a board, whose firmware has to be built.  What it prints is passed on; if it dies without saying which case
failed, a `not ok` line is added.  The exit status is 1 if anything failed.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(TESTS)
sys.path[:0] = [os.path.join(TESTS, "mpy", "host"), os.path.join(TESTS, "certs")]

import machine
import make
import stage


def header(script, key):
    """The words after `# key:` at the top of the script."""
    words = []
    with open(script) as file:
        for line in file:
            if not line.startswith("#"):
                break
            found = re.match(r"#\s*%s:(.*)" % key, line)
            if found:
                words += found.group(1).split()
    return words


def write_peers(folder, ports, pki, where):
    """The module `peers`: a (host, port) pair for each server, where servers of the script
    itself shall be, and the PKI's folder."""
    with open(os.path.join(folder, "peers.py"), "w") as file:
        file.write("PKI = %r\nHOST = %r\nHERE = %r\n" % (where.files + pki + os.sep, where.host, where.here))
        file.write("NAME = %r\n" % where.name)
        file.write("SANITIZED = %r\nBOARD = %r\n" % (where.sanitized, where.board))
        for name, port in sorted(ports.items()):
            file.write("%s = (HOST, %d)\n" % (name, port))


def run(where, script, folder, timeout):
    """Start the script, pass its output on; the reason of a bad end, or None."""
    child = where.start(script, folder)
    killer = stage.threading.Timer(timeout, child.kill)
    killer.start()
    try:
        last, failed = pass_on(child.stdout)
        hung = not killer.is_alive()
        return verdict(child.wait(), failed, last, hung and "no end after %d s" % timeout)
    finally:
        killer.cancel()
        child.kill()


def pass_on(stream):
    """Print the lines; the name of the last case, and whether any failed."""
    last, failed = "the start", False
    for line in stream:
        text = line.decode("utf-8", "replace").rstrip("\n")
        print(text, flush=True)
        if text.startswith(("ok - ", "not ok - ", "skip - ")):
            last = text.split(" - ", 1)[1].split(":")[0]
            failed = failed or text.startswith("not ok")
    return last, failed


def verdict(status, failed, last, hung):
    if hung:
        return "%s, last came %s" % (hung, last)
    if status < 0:
        return "died of %s after %s" % (signal.Signals(-status).name, last)
    if status and not failed:
        return "exit status %d after %s" % (status, last)
    return "" if failed else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--interpreter", default=os.environ.get(
        "USSL_MICROPYTHON", os.path.join(ROOT, "build", "micropython")))
    parser.add_argument("--board", choices=machine.BOARDS, help="run on this emulated board instead")
    parser.add_argument("--timeout", type=float)
    parser.add_argument("--slow", type=float, default=1, help="factor on the timeout")
    parser.add_argument("script")
    args = parser.parse_args()
    script = os.path.abspath(args.script)
    timeout = args.timeout or float((header(script, "timeout") or [60])[0]) * args.slow
    where = machine.Board(args.board) if args.board else machine.Interpreter(args.interpreter)
    folder = tempfile.mkdtemp(prefix="ussl-mpy-")
    try:
        scene = stage.Stage(make.ensure(), where)
        scene.open(header(script, "peers"))
        write_peers(folder, scene.ports, make.OUT, where)
        why = run(where, script, folder, timeout)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if why:
        print("not ok - %s: %s" % (os.path.basename(script), why))
    return 0 if why is None else 1


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # clean up on the way out
    sys.exit(main())
