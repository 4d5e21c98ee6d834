"""Tables of the board's figures: MicroPython's module, ussl, and what is to be reached."""
import statistics

from table import Table

from . import emulator, openssl

SIDES = ("MicroPython", "ussl", "reach")


def versions(module):
    """MicroPython's own module speaks TLS 1.2 only."""
    return ("1.2",) if module == "micropython" else ("1.2", "1.3")


def table(name, about, notes=()):
    made = Table(name, about, ("",) + SIDES)
    made.notes = list(notes)
    return made


def add(made, name, found, show, reach=""):
    """A row of `found`, {module: value}; a module may lack it."""
    cells = [show(found[module]) if module in found else "-" for module in emulator.MODULES]
    made.add(name, *cells, reach)


def size(value):
    return "{:,d}".format(int(value))


def millions(value):
    return "%.2f M" % (value / 1e6) if value < 1e7 else "%.1f M" % (value / 1e6)


def per_byte(value):
    return "%.1f" % value


def times(value):
    return "%.2fx" % value


def as_client(module, program, version, words=(), suite=None, extra=()):
    """The figures of one run against a new s_server."""
    with openssl.Server(version, suite, extra) as peer:
        all_words = dict(words, role="client", port=peer.port, version=version)
        return emulator.measure(module, program, all_words, peer)


def as_server(module, program, version, words=()):
    """The figures of one run with s_client as the client."""
    with openssl.Client(version) as peer:
        return emulator.measure(module, program, dict(words, role="server", version=version), peer,
                                ["--forward", "%d:4433" % peer.port])


RUN = {"client": as_client, "server": as_server}


def medians(runs):
    """The median of every figure over some runs."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}
