"""What a handshake costs on the wire, seen by a relay, and what it costs the client; what a
device that reports on a metered link pays for it."""
import collections
import contextlib
import os
import tempfile
import time

from support import peers, pki
from support.process import Process
from support.relay import Relay

import sides
import upstream
import wire_instructions
import wire_month
from table import Table
from wire_count import Seen

QUIET = 0.08  # seconds without news: the handshake is over, late tickets included
EARLY = "hush" + "." * 96
CHACHA = ("-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305")  # what boards offer first

Row = collections.namedtuple("Row", "name version resumed options early server reach")


def row(name, version, resumed=False, early=False, server=(), reach="", **options):
    """`server`: words for openssl s_server; `options`: of the client, see mpy_client.py."""
    return Row(name, version, resumed, options, early, server, reach)


ROWS = (
    row("TLS 1.2 full", "1.2"),
    row("TLS 1.2 resumed by ticket", "1.2", True, reach="450"),
    row("TLS 1.2 resumed by ticket, ChaCha20-Poly1305", "1.2", True, server=CHACHA, reach="450"),
    row("TLS 1.3 full", "1.3"),
    row("TLS 1.3 resumed, ECDHE", "1.3", True),
    row("TLS 1.3 resumed, PSK alone", "1.3", True, psk_alone=True),
    row("TLS 1.3 resumed, ECDHE, 0-RTT", "1.3", True, early=True),
    row("no compat: TLS 1.3 full", "1.3", plain=True),
    row("no compat: TLS 1.3 resumed, ECDHE", "1.3", True, reach="600", plain=True),
    row("no compat: TLS 1.3 resumed, PSK alone", "1.3", True, reach="480", plain=True, psk_alone=True),
    row("no compat: TLS 1.3 resumed, PSK alone, 0-RTT", "1.3", True, early=True, plain=True,
        psk_alone=True),
)
LEAF_ROWS = (row("TLS 1.2 full", "1.2", reach="1,037"), row("TLS 1.3 full", "1.3"))


# ---- one handshake ----


def settled(link):
    """The link, once nothing new has passed for a while."""
    seen = -1
    while seen != link.bytes:
        seen = link.bytes
        time.sleep(QUIET)
    return link


def observe(worker, relay, wanted):
    """One handshake as Seen; None when it was not what it should be."""
    number = len(relay.links)
    early = EARLY if wanted.early else ""
    as_asked = worker.ask("handshake", resumed=wanted.resumed, early=early) == wanted.resumed
    seen = Seen(settled(relay.links[number]), len(early))
    worker.ask("drop", say=not early)
    relay.wait_done(number)  # the server is free for the next
    psk_alone = wanted.resumed and bool(wanted.options.get("psk_alone"))
    return seen if as_asked and seen.psk_alone == psk_alone else None


def visit(side, address, wanted, repeats):
    """(the typical Seen of several or None, bytes of the saved session or None)"""
    if wanted.early and side != "ussl":
        return None, None
    with sides.Worker(side) as worker, Relay(address, record=True) as relay:
        worker.setup(relay.address, wanted.version, **wanted.options)
        worker.ask("save", say=not wanted.early)
        seen = [observe(worker, relay, wanted) for _ in range(repeats)]
        size = worker.ask("saved_size")
    seen = [one for one in seen if one is not None]
    return sorted(seen, key=lambda one: one.sum)[len(seen) // 2] if seen else None, size


# ---- servers ----


def openssl(wanted, cert=sides.CERT):
    """A mode that answers lines cannot take early data; tickets that serve more than once."""
    mode = None if wanted.early else "rev"
    extra = ["-allow_no_dhe_kex"] + (["-early_data", "-no_anti_replay"] if wanted.early else [])
    return peers.openssl_server(cert, wanted.version, mode=mode, extra=extra + list(wanted.server))


def ussl(wanted):
    return sides.server("ussl", wanted.version, {
        "options": 0x100400, "max_early_data": 1024 if wanted.early else 0})


# ---- tables ----

TITLES = (("", "ussl", "", "", "", "trips", "CPython", "", "", "", "reach"),
          ("", "client", "server", "both", "ticket", "", "client", "server", "both", "ticket", "both"))
NOTHING = ("-",) * 4


def cells(seen):
    return NOTHING if seen is None else (seen.up, seen.down, seen.sum, seen.ticket or "-")


def add(table, wanted, found):
    ours = found["ussl"]
    trips = "-" if ours is None else str(ours.trips)
    table.add(wanted.name, *cells(ours), trips, *cells(found["CPython"]), wanted.reach)


def measured(table, rows, start, repeats):
    """Fills the table; returns {name: Seen} of ussl and {version: bytes of a saved session}."""
    kept, sizes = {}, {}
    for wanted in rows:
        with start(wanted) as server:
            found = {side: visit(side, server.address, wanted, repeats) for side in sides.SIDES}
        add(table, wanted, {side: seen for side, (seen, _) in found.items()})
        kept[wanted.name] = found["ussl"][0]
        if wanted.resumed and not wanted.early:
            sizes.setdefault(wanted.version, found["ussl"][1])
    return kept, sizes


def own_module(table):
    """MicroPython's own ssl: TLS 1.2 alone, and no sessions."""
    interpreter = upstream.interpreter()
    if interpreter is None:
        table.notes.append("MicroPython's own ssl: left out, it could not be built")
        return
    wanted = LEAF_ROWS[0]
    with openssl(wanted, "direct") as server, Relay(server.address, record=True) as relay:
        script = os.path.join(sides.HERE, "mpy_upstream.py")
        with Process([interpreter, script]) as client:
            client.send('{"host": "%s", "port": %d, "ca": "%s"}\n' % (
                *relay.address, pki.path(sides.CA + ".der")))
            client.wait_for("done\n")
            seen = Seen(settled(relay.links[0]))
    table.notes.append("MicroPython's own ssl, TLS 1.2 full: client %d, server %d, both %d, ticket %d; it "
                       "resumes nothing and speaks no TLS 1.3" % (seen.up, seen.down, seen.sum, seen.ticket))


def leaf_table(repeats):
    table = Table("Wire: full handshakes with a leaf alone",
                  "bytes; openssl s_server, P-256, the leaf's certificate (%d bytes) is signed by the root" % (
                      os.path.getsize(pki.path("direct.der"))), *TITLES)
    measured(table, LEAF_ROWS, lambda wanted: openssl(wanted, "direct"), repeats)
    own_module(table)
    return table


def sizes_table(sizes):
    table = Table("Wire: a saved session", "bytes of serialize(), host name localhost; tickets of the server's making",
                  ("", "openssl s_server", "ussl", "reach"))
    for version, reach in (("1.2", "300"), ("1.3", "260")):
        table.add("TLS " + version, *(sizes[name][version] for name in ("openssl", "ussl")), reach)
    return table


def instructions_table():
    table = Table("Wire: instructions of a client for one connection",
                  "counted by valgrind, Python's included; openssl s_server, leaf and intermediate, chain and"
                  " name verified", ("", "ussl", "", "CPython", "", "reach"),
                  ("", "", "full : this", "", "full : this", ""))
    full = {}
    for name, version, resumed, options in wire_instructions.ROWS:
        with peers.openssl_server(sides.CERT, version, mode="rev", extra=["-allow_no_dhe_kex"]) as server:
            found = {side: wire_instructions.per_connection(side, server.address, version, resumed, options)
                     for side in sides.SIDES}
        full = full if resumed else found
        reach = wire_instructions.REACH if options else ""
        table.add(name, *wire_instructions.cells(full, found), reach)
    return table


def run(plan):
    sizes, kept, repeats = {}, {}, 1 if plan.rough else 3
    for name, start in (("openssl", openssl), ("ussl", ussl)):
        table = Table("Wire: one handshake, server %s" % name,
                      "bytes without tickets, and those of the tickets; P-256, leaf and intermediate", *TITLES)
        rows = [one for one in ROWS if start is openssl or not one.server]
        kept[name], sizes[name] = measured(table, rows, start, repeats)
        yield table
    yield leaf_table(repeats)
    yield sizes_table(sizes)
    yield wire_month.table(kept)
    if plan.rough:
        print("Instructions: skipped, they take a minute\n")
    elif not wire_instructions.usable():
        print("Instructions: skipped, valgrind is not installed\n")
    else:
        yield instructions_table()
