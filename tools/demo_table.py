"""Measure a server with ussl, and show figures so that a person likes to read them."""
import os
import statistics
import sys

from support import mpy, wire
from support.relay import Relay

TOOLS = os.path.dirname(os.path.abspath(__file__))


class Refused(Exception):
    """ussl could not or would not talk to the server; `told` is its account."""

    def __init__(self, told):
        super().__init__(told["error"])
        self.told = told


def visit(address, name, ca, times, request=""):
    with open(os.path.join(TOOLS, "demo_mpy.py")) as file:
        code = file.read()
    told = mpy.run(code, {"HOST": address[0], "PORT": address[1], "NAME": name, "CA": ca,
                          "TIMES": times, "REQUEST": request}, timeout=30 + 25 * times).json()
    if "error" in told:
        raise Refused(told)
    return told


def measure(address, name, ca, times=5, request=""):
    """Times from a direct visit, bytes from one through a counting relay (which
    would add its own milliseconds).  Returns what ussl told, with `bytes`, and
    `agreed`: the ServerHello on the wire says resumed, too."""
    told = visit(address, name, ca, times, request)
    told["bytes"] = {}
    with Relay(address, record=True) as relay:
        seen = visit(relay.address, name, ca, 1)
        for number, mode in enumerate(("full", "resumed")):
            if seen[mode]["ms"]:
                link = relay.wait_done(number)
                told["bytes"][mode] = link.bytes
                told["agreed"] = wire.server_resumed(link.down.data)
    return told


def heading(words):
    bold = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print("\n%s%s%s\n" % (bold[0], words, bold[1]))


def say(words):
    print(words, flush=True)


def table(rows, right=()):
    """Rows of words, the first being the titles; `right` are columns set flush right."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for row in rows:
        cells = [word.rjust(width) if at in right else word.ljust(width)
                 for at, (word, width) in enumerate(zip(row, widths))]
        print(("  " + "  ".join(cells)).rstrip())


def milliseconds(values):
    return statistics.median(values)


def costs(peer, told):
    """A row of the table of costs."""
    full, again = told["full"], told["resumed"]
    row = [peer, full["version"], "%.1f ms" % milliseconds(full["ms"]),
           "{:,} B".format(told["bytes"]["full"])]
    if not again["ms"]:
        return row + ["-", "-", "-", "-"]
    return row + ["%.1f ms" % milliseconds(again["ms"]),
                  "{:,} B".format(told["bytes"]["resumed"]),
                  saved([milliseconds(full["ms"]), milliseconds(again["ms"])], "{:.1f} ms"),
                  saved([told["bytes"]["full"], told["bytes"]["resumed"]], "{:,} B")]


def saved(pair, form):
    less = pair[0] - pair[1]
    return "%s  %2.0f %%" % (form.format(less), 100 * less / pair[0])


COST_TITLES = ["peer", "TLS", "full", "", "resumed", "", "saved time", "saved bytes"]
COST_RIGHT = (2, 3, 4, 5, 6, 7)
