"""The CPython that ussl is compared with: 3.13, the first that knows pre-shared keys, or later."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Debian 13's, which tools/cpython.sh fetches where the machine's own is older.
FETCHED = os.path.join(ROOT, "build", "cpython", "python3")


def command():
    """The command that starts it, or None where there is none."""
    if os.path.exists(FETCHED):
        return FETCHED
    return sys.executable if sys.version_info >= (3, 13) else None
