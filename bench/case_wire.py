"""What a handshake costs on the wire, seen by a relay: bytes, and writes per flight.

A flight is what one end says before it waits for the other. Tickets are counted in;
data and close_notify are not.
"""
import contextlib
import time

import sides
from support.relay import Relay
from support import peers
from table import Table

REPEATS = 3
QUIET = 0.08  # seconds without news: the handshake is over, late tickets included


def settled(link):
    """The link, once nothing new has passed for a while."""
    seen = -1
    while seen != link.bytes:
        seen = link.bytes
        time.sleep(QUIET)
    return link


def flights(link):
    """(of the client, of the server): how often each began to speak."""
    said = sorted([(when, "up") for when, _ in link.up.record]
                  + [(when, "down") for when, _ in link.down.record])
    starts = [way for at, (_, way) in enumerate(said) if not at or said[at - 1][1] != way]
    return starts.count("up"), starts.count("down")


def observe(worker, relay, resumed):
    """One handshake: bytes up and down, and "writes/flights" of both ends; None when the
    server did not resume and should have."""
    number = len(relay.links)
    as_asked = worker.ask("handshake", resumed=resumed) == resumed
    link = settled(relay.links[number])
    up, down = flights(link)
    figures = (link.up.bytes, link.down.bytes, "%d/%d" % (link.up.segments, up),
               "%d/%d" % (link.down.segments, down))
    worker.ask("drop")
    relay.wait_done(number)  # the server is free for the next
    return figures if as_asked else None


def usual(figures):
    """The most common of several: a slow relay may see two writes as one."""
    return max(figures, key=figures.count)


def add_rows(table, version, who, target, visitor, worker):
    with Relay(target, record=True) as relay:
        worker.setup(relay.address, version)
        worker.ask("save")
        for resumed in (False, True):
            seen = usual([observe(worker, relay, resumed) for _ in range(REPEATS)])
            name = "TLS %s %s, %s" % (version, "resumed" if resumed else "full", who)
            if seen is None:
                table.notes.append("%s (client %s): was not resumed" % (name, visitor))
            else:
                table.add(name, *seen)


def clients(table, version):
    with peers.openssl_server(sides.CERT, version, mode="rev") as server, \
            sides.workers() as both:
        for side, worker in both.items():
            add_rows(table, version, "client " + side, server.address, side, worker)


def servers(table, version):
    with contextlib.ExitStack() as stack:
        worker = stack.enter_context(sides.Worker("CPython"))
        for side in sides.SIDES:
            server = stack.enter_context(sides.server(side, version))
            add_rows(table, version, "server " + side, server.address, "CPython", worker)


def run(plan):
    del plan  # bytes need no repetition by time
    table = Table("Wire: one handshake",
                  "the other end is openssl s_server or a CPython client; tickets included",
                  ("", "bytes", "bytes", "writes/flights", "writes/flights"),
                  ("", "client", "server", "of the client", "of the server"))
    for side in (clients, servers):
        for version in ("1.2", "1.3"):
            side(table, version)
    yield table
