"""Run MicroPython code with the interpreter under test.

The interpreter is build/micropython, or what USSL_MICROPYTHON names.
"""
import json
import os
import subprocess

from .process import PeerError, Process

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def interpreter():
    path = os.environ.get("USSL_MICROPYTHON", os.path.join(ROOT, "build", "micropython"))
    if not os.access(path, os.X_OK):
        raise PeerError("no interpreter at %s: `./run build` makes it" % path)
    return path


def command(code, args=(), heap=None):
    options = ["-X", "heapsize=" + heap] if heap else []
    return [interpreter()] + options + ["-c", prelude(args) + code]


def prelude(args):
    """Values for the code, as variables: a JSON text is safe to carry anything."""
    if not args:
        return ""
    text = json.dumps(dict(args))
    return "import json as _json\nfor _k, _v in _json.loads(%r).items(): globals()[_k] = _v\n" % text


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


def run(code, args=(), timeout=30, heap=None, cwd=None):
    """Run `code` with the variables `args` (a dict of JSON values) set."""
    try:
        done = subprocess.run(command(code, args, heap), stdin=subprocess.DEVNULL, cwd=cwd,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
    except subprocess.TimeoutExpired as late:
        raise PeerError("MicroPython still ran after %g s:\n%s" % (
            timeout, (late.stdout or b"").decode("utf-8", "replace")[-2000:])) from None
    return Result(done.returncode, done.stdout.decode("utf-8", "replace"),
                  done.stderr.decode("utf-8", "replace"))


def start(code, args=(), heap=None, cwd=None):
    """The same in the background, as a Process."""
    return Process(command(code, args, heap), cwd=cwd)
