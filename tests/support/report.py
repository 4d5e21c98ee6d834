"""The test protocol: one line per case, `ok - name` or `not ok - name: why`."""
import contextlib
import sys
import traceback

from .process import PeerError

_failed = []


class Skip(Exception):
    """Raised in a case that cannot run here; the words say why."""


def _line(words):
    print(" ".join(words.split()), flush=True)


@contextlib.contextmanager
def case(name):
    """Run the body as one case; a failure is printed and the program goes on."""
    try:
        yield
    except Skip as why:
        _line("skip - %s: %s" % (name, why))
    except Exception as error:  # any failure of a case is a result, not a crash
        _failed.append(name)
        _line("not ok - %s: %s: %s" % (name, type(error).__name__, str(error)[:1400]))
        if not isinstance(error, (AssertionError, PeerError)):
            traceback.print_exc()
    else:
        _line("ok - " + name)


def equal(found, wanted, what=""):
    assert found == wanted, "%s: found %r, wanted %r" % (what, found, wanted)


def contains(found, part, what=""):
    assert part in found, "%s: %r is not in %r" % (what, part, found[-600:])


def end():
    """Leave with the status the runner looks at."""
    sys.stdout.flush()
    sys.exit(1 if _failed else 0)
