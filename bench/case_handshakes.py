"""Connections per second: the handshake, one line each way, close."""
import contextlib

from support import peers

import sides
from measure import compare
from table import Table, times

VERSIONS = ("1.2", "1.3")
CLIENT_KINDS = ("full", "resumed", "fresh")
SERVER_KINDS = ("full", "resumed")
WORDS = {"full": "full", "resumed": "resumed", "fresh": "full, new context"}
TITLES = (("", "ussl", "", "CPython", "", "ussl/CPython", ""),
          ("", "per s", "CPU ms", "per s", "CPU ms", "per s", "CPU"))


def row(table, name, found):
    ours, theirs = (found[side] for side in sides.SIDES)
    table.add(name, ours.rate, ours.cpu * 1e3, theirs.rate, theirs.cpu * 1e3,
              times(ours.rate / theirs.rate), times(ours.cpu / theirs.cpu))


def asking(worker, kind, failures):
    """A function that makes `count` connections, noting those that did not resume."""
    def work(count):
        reused = worker.ask(kind, count=count)
        if kind == "resumed" and reused != count:
            failures.append(count - reused)
    return work


def note_failures(table, name, side, failures):
    if failures:
        table.notes.append("%s, %s: %d connections were not resumed" % (name, side, sum(failures)))


def measure_row(plan, table, version, kind, works, failures):
    name = "TLS %s %s" % (version, WORDS[kind])
    row(table, name, compare(plan, works))
    for side in sides.SIDES:
        note_failures(table, name, side, failures[side])


def clients(plan):
    table = Table("Client: connections a second",
                  "against openssl s_server; P-256 chain with an intermediate, X25519,"
                  " chain and name verified", *TITLES)
    suites = set()
    for version in VERSIONS:
        with peers.openssl_server(sides.CERT, version, mode="rev") as server, \
                sides.workers() as both:
            for side, worker in both.items():
                worker.setup(server.address, version)
                suites.add("%s %s by %s" % (*worker.ask("save"), side))
            for kind in CLIENT_KINDS:
                failures = {side: [] for side in both}
                works = {side: (asking(worker, kind, failures[side]), worker.proc.pid)
                         for side, worker in both.items()}
                measure_row(plan, table, version, kind, works, failures)
    table.notes += ["negotiated: " + suite for suite in sorted(suites)]
    return table


def servers(plan):
    table = Table("Server: connections a second",
                  "one at a time, the client is always CPython; the same chain", *TITLES)
    for version in VERSIONS:
        with contextlib.ExitStack() as stack:
            running = {side: stack.enter_context(sides.server(side, version))
                       for side in sides.SIDES}
            visitors = {side: stack.enter_context(sides.Worker("CPython")) for side in sides.SIDES}
            for side in sides.SIDES:
                visitors[side].setup(running[side].address, version)
                visitors[side].ask("save")
            for kind in SERVER_KINDS:
                failures = {side: [] for side in sides.SIDES}
                works = {side: (asking(visitors[side], kind, failures[side]),
                                running[side].proc.pid) for side in sides.SIDES}
                measure_row(plan, table, version, kind, works, failures)
    return table


def run(plan):
    yield clients(plan)
    yield servers(plan)
