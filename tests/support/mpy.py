"""Run MicroPython code with the interpreter under test.

The interpreter is build/micropython, or what USSL_MICROPYTHON names, or after
`use_board(name)` the firmware on an emulated board.
"""
import json
import os
import subprocess
import tempfile

from .machine import LOOPBACK, Board
from .process import PeerError, Process

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


# Where code runs: the board, or None for a program of this computer, and its scripts.
_board = None
_scripts = None

# The board sees the computer's files where they are.
SAME_PATHS = "import vfs, hostfs\nvfs.mount(hostfs.HostFS(''), '/')\n"


def use_board(name):
    """From now on code runs on this board; None: on this computer."""
    global _board, _scripts
    _board = Board(name) if name else None
    _scripts = _scripts or tempfile.TemporaryDirectory(prefix="ussl-board-")


def seen(host):
    """What code has to call a computer that is `host` here."""
    return _board.host if _board and host == LOOPBACK else host


def here():
    """The address on which a server in MicroPython listens."""
    return _board.here if _board else LOOPBACK


def board_command(code, args, port, options):
    """A server's port on the board is reached at the same port of our loopback."""
    script, path = tempfile.mkstemp(".py", dir=_scripts.name)
    with os.fdopen(script, "w") as file:
        file.write(SAME_PATHS + prelude(args) + code)
    forward = ["--forward", "%d:%d" % (port, port)] if port else []
    return _board.command(*forward, *options, path)


def interpreter():
    path = os.environ.get("USSL_MICROPYTHON", os.path.join(ROOT, "build", "micropython"))
    if not os.access(path, os.X_OK):
        raise PeerError("no interpreter at %s: `./run build` makes it" % path)
    return path


def command(code, args=(), heap=None, port=None, options=()):
    if _board:
        return board_command(code, args, port, options)
    options = ["-X", "heapsize=" + heap] if heap else []
    return [interpreter()] + options + ["-c", prelude(args) + code]


def prelude(args):
    """Values for the code, as variables: a JSON text is safe to carry anything."""
    if not args:
        return ""
    text = json.dumps(dict(args))
    return "import json as _json\nfor _k, _v in _json.loads(%r).items(): globals()[_k] = _v\n" % text


class BoardProcess(Process):
    """Lines end as they do here: a serial port's have a carriage return more."""

    @staticmethod
    def clean(data):
        return data.replace(b"\r", b"")


class Result:
    """What a run left behind: `status`, `out`, `err`."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err

    def check(self):
        """The output, or PeerError when the code failed."""
        if self.status:
            raise PeerError("MicroPython ended with %d:\n%s%s" % (
                self.status, self.out[-2000:], self.err[-2000:]))
        return self.out

    def json(self):
        """The last line printed, taken as JSON."""
        return json.loads(self.check().strip().splitlines()[-1])


def run(code, args=(), timeout=30, heap=None, cwd=None, options=()):
    """Run `code` with the variables `args` (a dict of JSON values) set; options are those
    of tools/firmware.sh, for boards."""
    try:
        done = subprocess.run(command(code, args, heap, options=options), stdin=subprocess.DEVNULL, cwd=cwd,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
    except subprocess.TimeoutExpired as late:
        raise PeerError("MicroPython still ran after %g s:\n%s" % (
            timeout, (late.stdout or b"").decode("utf-8", "replace")[-2000:])) from None
    return Result(done.returncode, done.stdout.decode("utf-8", "replace"),
                  done.stderr.decode("utf-8", "replace"))


def start(code, args=(), heap=None, cwd=None, port=None):
    """The same in the background, as a Process; it may be a server on that port."""
    kind = BoardProcess if _board else Process
    return kind(command(code, args, heap, port), cwd=cwd)
