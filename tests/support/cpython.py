"""The CPythons that ussl is compared with."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Debian 13's, which tools/cpython.sh fetches where the machine's own knows no PSK.
DEBIANS = os.path.join(ROOT, "build", "cpython", "python3")


def commands():
    """The machine's own, and Debian's where it was fetched."""
    return [sys.executable] + [DEBIANS] * os.path.exists(DEBIANS)


def interpreters(needs=()):
    """{"CPython 3.11": command} of those whose ssl has the names that are needed."""
    query = ("import ssl, sys; print('CPython %%d.%%d' %% sys.version_info[:2]) "
             "if all(getattr(ssl, name, None) for name in %r) else None" % (tuple(needs),))
    names = {command: subprocess.check_output([command, "-c", query], text=True).strip() for command in commands()}
    return {name: command for command, name in names.items() if name}
