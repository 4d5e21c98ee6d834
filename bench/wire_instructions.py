"""Instructions of a client for one connection, counted by valgrind: a long run less a short
one, so that what start-up costs cancels out. Nothing is timed, so they repeat on any machine."""
import re
import subprocess
import tempfile

import sides
from support import peers
from table import Table, times

SHORT, LONG = 2, 12
COUNTER = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
COLLECTED = re.compile(r"Collected : (\d+)")
REACH = "1 : 40"
# name, version, resumed, options of the client
ROWS = (("TLS 1.2 full", "1.2", False, {}),
        ("TLS 1.2 resumed by ticket", "1.2", True, {}),
        ("TLS 1.3 full", "1.3", False, {}),
        ("TLS 1.3 resumed, ECDHE", "1.3", True, {}),
        ("TLS 1.3 resumed, PSK alone", "1.3", True, {"psk_alone": True}))


def usable():
    try:
        return not subprocess.run(["valgrind", "--version"], stdout=subprocess.DEVNULL).returncode
    except FileNotFoundError:
        return False


def counted(side, address, count, version, resumed, options):
    """Instructions of a client from its start to its end; None when it was not resumed."""
    with tempfile.NamedTemporaryFile("r") as report:
        with sides.Worker(side, COUNTER + ["--log-file=" + report.name]) as worker:
            worker.setup(address, version, **options)
            worker.ask("save")
            right = worker.ask("handshakes", count=count, resumed=resumed)
            worker.leave()
        collected = int(COLLECTED.search(report.read()).group(1))
    return collected if right == count else None


def per_connection(side, address, *how):
    few, many = (counted(side, address, count, *how) for count in (SHORT, LONG))
    return None if None in (few, many) else (many - few) / (LONG - SHORT)


def millions(value):
    return "-" if value is None else "%.2f M" % (value / 1e6)


def ratio(full, value):
    return "-" if value is None else "1 : %.1f" % (full / value)


def cells(full, found):
    """For each side what it takes, and how many times that a full handshake takes."""
    made = []
    for side in sides.SIDES:
        made += [millions(found[side]), ratio(full[side], found[side])]
    return made
