"""Application data over one connection: MB/s, and processor time for each write."""
import sides
from measure import compare
from table import Table, times

SIZES = (16384, 200)
WAYS = {"out": "client sends", "into": "client receives"}


def row(table, name, size, found):
    ours, theirs = (found[side] for side in sides.SIDES)
    table.add(name, ours.rate * size / 1e6, ours.cpu * 1e6, theirs.rate * size / 1e6,
              theirs.cpu * 1e6, times(ours.rate / theirs.rate), times(ours.cpu / theirs.cpu))


def moving(worker, way, size):
    return lambda count: worker.ask(way, count=count, size=size)


def version_rows(plan, table, version):
    with sides.fixed_peer(version) as address, sides.workers() as both:
        for worker in both.values():
            worker.setup(address, version)
        for size in SIZES:
            for way, words in WAYS.items():
                works = {side: (moving(worker, way, size), worker.proc.pid)
                         for side, worker in both.items()}
                name = "TLS %s, %s %s" % (version, words, "16 KB" if size > 999 else "%d B" % size)
                row(table, name, size, compare(plan, works, first=200))


def run(plan):
    table = Table("Data: AES-128-GCM",
                  "the peer is CPython; CPU is the client's, for one write of the named size",
                  ("", "ussl", "", "CPython", "", "ussl/CPython", ""),
                  ("", "MB/s", "CPU us", "MB/s", "CPU us", "MB/s", "CPU"))
    for version in ("1.2", "1.3"):
        version_rows(plan, table, version)
    yield table
