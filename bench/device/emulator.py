"""The firmware: built with one TLS module or another, and run in the emulator.

What a program of board/ prints are lines "figure NAME VALUE", requests to its peer
("send COUNT", "connect") and "over".
"""
import functools
import os
import re
import subprocess

from support import mpy
from support.process import PeerError, Process

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = os.path.join(mpy.ROOT, "tools", "firmware.sh")
START = os.path.join(HERE, "firmware", "start.py")
PATIENCE = 120  # seconds between two lines of a program
MODULES = ("micropython", "ussl")


class Failed(Exception):
    """The program on the board did not come to its end; the text is what it printed."""


def environment(module, **options):
    return dict(os.environ, ENTROPY="none", MODULE=module, **options)


@functools.lru_cache(None)
def build(module, **options):
    """Builds it, unless it is up to date; returns (text, data, bss) in bytes."""
    done = subprocess.run(["sh", SCRIPT, "build"], env=environment(module, **options),
                          stdout=subprocess.PIPE, universal_newlines=True)
    sizes = re.findall(r"^\s*(\d+)\s+(\d+)\s+(\d+)\s", done.stdout, re.M)
    if not sizes:
        raise PeerError("the firmware with %s could not be built" % module)
    return tuple(map(int, sizes[-1]))


class Board(Process):
    """A run of one program, with instructions counted."""

    def __init__(self, module, program, words, options=()):
        argv = ["sh", SCRIPT, "--built", "--icount"] + list(options) + [START, program]
        super().__init__(argv + ["%s=%s" % item for item in words.items()], env=environment(module, METER="1"))
        self.read = 0

    def line(self, patience):
        end = self.wait_for("\n", patience, start=self.read)
        text, self.read = self.data[self.read:end].decode("utf-8", "replace").strip(), end
        return text

    def lines(self, patience=PATIENCE):
        """Every line until the program is over."""
        while True:
            try:
                text = self.line(patience)
            except PeerError:
                raise Failed(self.text[-1500:]) from None
            if text == "over":
                return
            yield text


def measure(module, program, words, peer, options=()):
    """The figures of one run: {name: value}. `peer` has a method for every request."""
    figures = {}
    with Board(module, program, words, options) as board:
        for text in board.lines():
            word, *rest = text.split() or [""]
            if word == "figure":
                figures[rest[0]] = float(rest[1])
            elif word in ("send", "connect"):
                getattr(peer, word)(*map(int, rest))
    return figures
