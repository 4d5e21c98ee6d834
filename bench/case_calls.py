"""System calls for one record, counted by strace: a long run less a short one."""
import re
import subprocess
import tempfile

import sides
from table import Table

SHORT, LONG = 100, 600
ROWS = (("send 16 KB", "out", 16384), ("receive 16 KB", "into", 16384),
        ("send 200 B", "out", 200), ("receive 200 B", "into", 200))
CONNECTIONS = 20  # in the long run
NAMED = 3  # system calls a row has room for
LINE = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", re.M)


def usable():
    """False without strace, and where tracing is not allowed."""
    try:
        return not subprocess.run(["strace", "-c", "true"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL).returncode
    except FileNotFoundError:
        return False


def traced(side, address, do, **words):
    """{system call: how often} of a client that does this one thing."""
    with tempfile.NamedTemporaryFile("r") as report:
        with sides.Worker(side, ["strace", "-f", "-c", "-o", report.name]) as worker:
            worker.setup(address, "1.3")
            worker.ask(do, **words)
            worker.leave()
        found = LINE.findall(report.read())
    return {name: int(count) for count, name in found if name != "total"}


def per_unit(side, address, do, short, long, **words):
    """Calls for one unit, by name; what start-up costs cancels out."""
    few = traced(side, address, do, count=short, **words)
    many = traced(side, address, do, count=long, **words)
    each = {name: (many[name] - few.get(name, 0)) / (long - short) for name in many}
    return {name: value for name, value in each.items() if value >= 0.005}


def words_for(calls):
    """The most frequent by name, so that the line stays short."""
    ranked = sorted(calls.items(), key=lambda pair: -pair[1])
    words = ["%s %.3g" % pair for pair in ranked[:NAMED]]
    rest = sum(value for _, value in ranked[NAMED:])
    return ", ".join(words + (["others %.3g" % rest] if rest else []))


def add_rows(table, name, found):
    for side in sides.SIDES:
        calls = found[side]
        table.add(name, side, "%.2f" % sum(calls.values()), words_for(calls))


def run(plan):
    del plan
    if not usable():
        print("System calls: skipped, strace is not installed or may not trace\n")
        return
    table = Table("System calls: for one write or read of a client",
                  "TLS 1.3, AES-128-GCM, counted by strace", ("", "", "calls", "of them"),
                  words=(0, 1, 3))
    with sides.fixed_peer("1.3") as address:
        for name, do, size in ROWS:
            add_rows(table, name, {side: per_unit(side, address, do, SHORT, LONG, size=size)
                                   for side in sides.SIDES})
        add_rows(table, "one full connection", {
            side: per_unit(side, address, "full", 1, CONNECTIONS + 1) for side in sides.SIDES})
    yield table
