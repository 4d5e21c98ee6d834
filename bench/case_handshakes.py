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


def asking(worker, kind, missed):
    """A function that makes `count` connections; `missed` gets how many did not resume."""
    def work(count):
        reused = worker.ask(kind, count=count)
        if kind == "resumed" and reused != count:
            missed.append(count - reused)
    return work


def add_row(plan, table, version, kind, clients, pids):
    """One row: `clients` do the asking, the processes `pids` are what is measured."""
    missed = {side: [] for side in sides.SIDES}
    works = {side: (asking(clients[side], kind, missed[side]), pids[side])
             for side in sides.SIDES}
    name = "TLS %s %s" % (version, WORDS[kind])
    row(table, name, compare(plan, works))
    for side in sides.SIDES:
        if missed[side]:
            table.notes.append("%s, %s: %d connections were not resumed" % (
                name, side, sum(missed[side])))


def client_rows(plan, table, version):
    with peers.openssl_server(sides.CERT, version, mode="rev") as server, \
            sides.workers() as both:
        for side, worker in both.items():
            worker.setup(server.address, version)
            table.notes.append("%s: %s %s" % (side, *worker.ask("save")))
        pids = {side: worker.proc.pid for side, worker in both.items()}
        for kind in CLIENT_KINDS:
            add_row(plan, table, version, kind, both, pids)


def server_rows(plan, table, version):
    with contextlib.ExitStack() as stack:
        clients, pids = {}, {}
        for side in sides.SIDES:
            server = stack.enter_context(sides.server(side, version))
            clients[side] = stack.enter_context(sides.Worker("CPython"))
            clients[side].setup(server.address, version)
            clients[side].ask("save")
            pids[side] = server.proc.pid
        for kind in SERVER_KINDS:
            add_row(plan, table, version, kind, clients, pids)


def run(plan):
    clients = Table("Client: connections a second",
                    "against openssl s_server; P-256 chain with an intermediate, X25519,"
                    " chain and name verified", *TITLES)
    servers = Table("Server: connections a second",
                    "one at a time, the client is always CPython; the same chain", *TITLES)
    for table, rows in ((clients, client_rows), (servers, server_rows)):
        for version in VERSIONS:
            rows(plan, table, version)
        yield table
