#!/usr/bin/env python3
"""A session is shown to nobody it does not fit, and a ticket of the cache to nobody twice.

What ussl offers is read on the wire, through a relay before real servers.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki, pytls, relay, wire  # noqa: E402
from support.report import case, end, equal  # noqa: E402
from support.usslpeer import UsslServer, read_code  # noqa: E402

BASE = {"ca": pki.path("root-ecdsa.pem")}


def pair(name):
    return [pki.path(name + ".chain.pem"), pki.path(name + ".key")]


def run_steps(link, steps):
    """What each step told, and the ticket that each connection showed, or None."""
    told = mpy.run(read_code("mpy_steps.py"), {"STEPS": [
        {**BASE, "HOST": mpy.seen(link.host), "PORT": link.port, **step} for step in steps]}, timeout=90).json()
    return told, [wire.offered_ticket(one.up.data) for one in link.links]


def play(address, steps):
    with relay.Relay(address, record=True) as link:
        return run_steps(link, steps)


# ---- what fits nobody else ----

# What changes: (why, server, first connection, the one the session must not be offered in,
# and what becomes of that: an error's class, or None for a full handshake)
CHANGES = [
    ("another name", lambda v: peers.openssl_server(version=v, mode="www"),
     {}, {"name": "www.example.test"}, None),
    ("no name", lambda v: peers.openssl_server(version=v, mode="www"),
     {}, {"name": None, "verify": "chain"}, None),
    ("a name, where there was none", lambda v: peers.openssl_server(version=v, mode="www"),
     {"name": None, "verify": "chain"}, {}, None),
    ("another protocol", lambda v: peers.openssl_server(version=v, mode="www", extra=["-alpn", "mqtt,h2"]),
     {"alpn": ["h2", "http/1.1"]}, {"alpn": ["mqtt", "http/1.1"]}, None),
    ("no protocol", lambda v: peers.openssl_server(version=v, mode="www", extra=["-alpn", "mqtt,h2"]),
     {"alpn": ["h2"]}, {}, None),
    ("nothing verified, then the chain", lambda v: peers.gnutls_server(version=v),
     {"verify": "none"}, {"verify": "chain"}, None),
    ("nothing verified, then chain and name", lambda v: peers.nginx(version=v),
     {"verify": "none"}, {}, None),
    ("the chain, then the name too", lambda v: pytls.PythonServer(version=v),
     {"verify": "chain"}, {}, None),
    ("nothing verified, then by the wrong root", lambda v: peers.openssl_server(version=v, mode="www"),
     {"verify": "none"}, {"ca": pki.path("other-root.pem")}, "SSLCertVerificationError"),
    ("other anchors", lambda v: peers.nginx(version=v),
     {}, {"ca": pki.path("other-root.pem")}, "SSLCertVerificationError"),
    ("more anchors", lambda v: peers.gnutls_server(version=v),
     {}, {"ca": pki.path("roots.pem")}, None),
    ("another client certificate", lambda v: peers.nginx(version=v, client_ca="roots"),
     {"cert": pair("client-ecdsa")}, {"cert": pair("client-rsa")}, None),
    ("a client certificate, then none", lambda v: peers.openssl_server(version=v, mode="www"),
     {"cert": pair("client-ecdsa")}, {}, None),
    ("none, then a client certificate", lambda v: pytls.PythonServer(version=v),
     {}, {"cert": pair("client-ecdsa")}, None),
]


def not_offered(make, first, changed, error, version):
    """The session serves where it came from, before and after it was given elsewhere."""
    with make(version) as server:
        told, offered = play(server.address, [
            dict(first, save="s"), dict(changed, session="s"), dict(first, session="s"), dict(first, session="s")])
        equal([one.get("error") for one in told], [None, error, None, None], "errors of %r" % told)
        equal([one.get("reused") for one in told], [False, None if error else False, True, True], "reused")
        equal([ticket is not None for ticket in offered], [False, False, True, True], "offered")


# ---- not past its lifetime ----


def not_past_its_life(version, tickets):
    with peers.nginx(version=version, lifetime=2, tickets=tickets) as server:
        told, offered = play(server.address, [
            {"save": "s"}, {"session": "s"}, {"session": "s", "sleep": 4}, {"cache": 4, "context": 0},
            {"context": 0}, {"context": 0, "sleep": 4}])
        if tickets or version == "1.3":
            equal(told[0]["timeout"], 2, "lifetime")
        equal([one["reused"] for one in told], [False, True, False, False, True, False], "reused")
        if tickets or version == "1.3":
            equal([ticket is not None for ticket in offered], [False, True, False, False, True, False], "offered")


# ---- how often ----


def again_and_again(make, version):
    with make(version) as server:
        told, offered = play(server.address, [{"save": "s"}] + [{"session": "s"}] * 5)
        equal([one["reused"] for one in told], [False] + [True] * 5, "reused")
        equal(len(set(offered[1:])), 1, "tickets shown")


SERVERS = [("openssl", lambda v: peers.openssl_server(version=v, mode="www")),
           ("gnutls-serv", lambda v: peers.gnutls_server(version=v)),
           ("nginx", lambda v: peers.nginx(version=v)),
           ("CPython", lambda v: pytls.PythonServer(version=v)),
           ("ussl", lambda v: UsslServer(version=v))]


def each_once(make):
    """No two connections show the same ticket, whatever became of them."""
    with make("1.3") as server:
        told, offered = play(server.address, [{"cache": 4, "context": 0}] * 8)
        equal([one["reused"] for one in told], [False] + [True] * 7, "reused")
        assert None not in offered[1:], "none offered"
        equal(len(set(offered[1:])), 7, "different tickets")


def freshest_first(make, version):
    """The next connection shows what save_session calls the newest."""
    with make(version) as server:
        told, offered = play(server.address, [{"cache": 4, "context": 0, "save": "s"}] * 4)
        equal([one["reused"] for one in told], [False, True, True, True], "reused")
        for last, ticket in zip(told, offered[1:]):
            assert ticket in bytes.fromhex(last["saved"]), "not the newest"


# ---- servers that change ----


class Moving(relay.Relay):
    """The nth connection goes to the nth server, as if they had taken each other's place."""

    def __init__(self, targets, **options):
        self.targets = targets
        super().__init__(targets[0], **options)

    def _accept(self):
        self.target = self.targets[min(len(self.links), len(self.targets) - 1)]
        super()._accept()


def forgotten(version):
    """The server restarted: a full handshake, and its new ticket from then on."""
    with peers.openssl_server(version=version, mode="www") as before, \
            peers.openssl_server(version=version, mode="www") as after, \
            Moving([before.address, after.address], record=True) as link:
        told, offered = run_steps(link, [{"cache": 4, "context": 0}] * 3)
        equal([one.get("reused") for one in told], [False, False, True], "reused of %r" % told)
        assert offered[1] and offered[2] not in (None, offered[1]), "tickets offered"


def another_version(before, after):
    """A server that has given the session's version up: no error, and resumed again after."""
    with peers.openssl_server(version=before, mode="www") as old, \
            peers.openssl_server(version=after, mode="www") as new, \
            Moving([old.address, new.address], record=True) as link:
        told, _ = run_steps(link, [{"cache": 4, "context": 0}] * 3)
        equal([(one.get("version"), one.get("reused")) for one in told],
              [("TLSv" + before, False), ("TLSv" + after, False), ("TLSv" + after, True)], "of %r" % told)


def run_all():
    for version in ("1.2", "1.3"):
        for why, make, first, changed, error in CHANGES:
            with case("%s, TLS %s" % (why, version)):
                not_offered(make, first, changed, error, version)
        for tickets in (True, False):
            with case("past its lifetime, nginx %s tickets, TLS %s" % ("with" if tickets else "without", version)):
                not_past_its_life(version, tickets)
        for name, make in SERVERS:
            with case("saved once, resumed five times, %s, TLS %s" % (name, version)):
                again_and_again(make, version)
            with case("the freshest first, %s, TLS %s" % (name, version)):
                freshest_first(make, version)
        with case("the server forgot, TLS " + version):
            forgotten(version)
    for name, make in SERVERS:
        with case("the cache shows each ticket once, " + name):
            each_once(make)
    with case("TLS 1.2 given up for 1.3"):
        another_version("1.2", "1.3")
    with case("TLS 1.3 given up for 1.2"):
        another_version("1.3", "1.2")


if __name__ == "__main__":
    run_all()
    end()
