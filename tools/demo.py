#!/usr/bin/env python3
"""The demo behind `./run demo`.

    demo.py                          the page's examples and a table, on loopback
    demo.py HOST[:PORT] [--ca FILE]  the same figures for a real server

Needs the interpreter at build/micropython, and openssl and nginx for the first
form.  The exit status is 0 only when everything worked.
"""
import argparse
import os
import sys

TOOLS = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(TOOLS), "tests"))
sys.path.insert(0, TOOLS)

import demo_host  # noqa: E402
import demo_local  # noqa: E402
from support.process import PeerError  # noqa: E402


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="./run demo", description="Show ussl at work: with servers on this machine, "
        "or with the server you name.")
    parser.add_argument("server", nargs="?", metavar="HOST[:PORT]",
                        help="a real TLS server; the port is 443 unless given")
    parser.add_argument("--ca", metavar="FILE",
                        help="the certificates you trust (default: the system's, if it has any)")
    parser.add_argument("--no-verify", action="store_true", help="take any certificate")
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(words)
    if chosen.server is None and (chosen.ca or chosen.no_verify):
        parser.error("--ca and --no-verify are about a server: name one")
    return chosen


def main(words):
    chosen = arguments(words)
    wrong = chosen.server is not None and demo_host.wrong(chosen.server, chosen.ca)
    if wrong:
        return demo_host.explain(wrong)
    if chosen.check:  # only the words were to be judged
        return 0
    try:
        if chosen.server is None:
            return demo_local.run()
        return demo_host.run(chosen.server, chosen.ca, chosen.no_verify)
    except PeerError as error:
        print("\nThe demo stopped: %s" % error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
