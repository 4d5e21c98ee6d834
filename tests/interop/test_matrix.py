#!/usr/bin/env python3
"""ussl with real peers, both directions: TLS 1.2 and 1.3, ECDSA and RSA chains
with an intermediate, full and resumed, data both ways.  A connection counts as
resumed only when both ends say so.  The table at the end says which passed.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), HERE]

import as_client  # noqa: E402
import as_server  # noqa: E402
from support.report import case, end, equal  # noqa: E402

VERSIONS, ROOTS, MODES = ("1.2", "1.3"), ("ecdsa", "rsa"), ("full", "resumed")
COLUMNS = [(version, root, mode) for version in VERSIONS for root in ROOTS for mode in MODES]


def check(version, root, mode, told, said):
    """One visit: what ussl told about it, and what the peer said."""
    equal(told.get("error"), None, "ussl")
    equal(told["version"], "TLSv" + version, "version")
    if version == "1.2":
        assert root.upper() in told["cipher"].upper(), "cipher " + told["cipher"]
    equal(told["reused"], mode == "resumed", "ussl's session_reused")
    equal(said, mode == "resumed", "resumed, in the peer's words")
    equal(told.get("data", "good"), "good", "data")


def pair(name, visit, version, root, passed):
    """Both visits of one pair; when the run itself fails, both have failed."""
    results = error = None
    try:
        results = list(zip(*visit(version, root)))
    except Exception as failure:
        error = failure
    for number, mode in enumerate(MODES):
        with case("%s, TLS %s, %s, %s" % (name, version, root.upper(), mode)):
            if error is not None:
                raise error
            check(version, root, mode, *results[number])
            passed.add((name, version, root, mode))


def table(names, passed):
    print("\n| peer%24s |%s|" % ("", "|".join(
        "%-15s" % (" %s %s" % (version, root.upper())) for version in VERSIONS for root in ROOTS)))
    print("| %28s |%s|" % ("", "|".join([" full  resumed "] * 4)))
    for name in names:
        cells = ["ok  " if (name,) + column in passed else "FAIL" for column in COLUMNS]
        print("| %-28s |%s|" % (name, "|".join(
            " %-5s %-8s" % tuple(cells[at:at + 2]) for at in range(0, len(cells), 2))))


def run_all(clients, servers, us="ussl"):
    """Everybody named against ussl, which is the server of the clients."""
    rows = [("%s -> %s" % (us, name), as_client.PEERS[name]) for name in servers]
    rows += [("%s -> %s" % (name, us), as_server.PEERS[name]) for name in clients]
    passed = set()
    for name, visit in rows:
        for version in VERSIONS:
            for root in ROOTS:
                pair(name, visit, version, root, passed)
    table([name for name, _ in rows], passed)


if __name__ == "__main__":
    run_all(as_server.PEERS, as_client.PEERS)
    end()
