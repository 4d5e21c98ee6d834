"""Memory of the process for one idle connection: 50 are opened and kept."""
import contextlib

import sides
from table import Table, times

WARM, MANY = 5, 50


def resident(pid):
    """What the process has in memory, in KB."""
    with open("/proc/%d/status" % pid) as file:
        fields = dict(line.split(":", 1) for line in file)
    return int(fields["VmRSS"].split()[0])


def grown(pid, worker, line):
    """KB for each connection; the first ones pay for what all share."""
    worker.ask("hold", count=WARM, line=line)
    before = resident(pid)
    worker.ask("hold", count=MANY, line=line)
    return (resident(pid) - before) / MANY


def add_row(table, name, found):
    ours, theirs = (found[side] for side in sides.SIDES)
    table.add(name, ours, theirs, times(ours / theirs))


def client(version):
    with sides.fixed_peer(version) as address, sides.workers() as both:
        for worker in both.values():
            worker.setup(address, version)
        return {side: grown(worker.proc.pid, worker, "idle\n") for side, worker in both.items()}


def server(version):
    found = {}
    for side in sides.SIDES:
        with contextlib.ExitStack() as stack:
            running = stack.enter_context(sides.server(side, version))
            visitor = stack.enter_context(sides.Worker("CPython"))
            visitor.setup(running.address, version)
            found[side] = grown(running.proc.pid, visitor, "keep\n")
    return found


def run(plan):
    del plan
    table = Table("Memory: KB of the process for one idle connection",
                  "growth of the resident set over %d connections that were used once" % MANY,
                  ("", "ussl", "CPython", "ussl/CPython"))
    for version in ("1.2", "1.3"):
        add_row(table, "TLS %s client" % version, client(version))
        add_row(table, "TLS %s server" % version, server(version))
    yield table
