"""The names that ussl has, as tests/names/ours.py finds them."""
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path.insert(0, TESTS)

from support import mpy, pki  # noqa: E402

FOR_TESTS = {"ioctl"}  # the stream's ioctl as a method; see USSL_IOCTL


def ours():
    """{"ssl": names, "SSLContext": names, ...}: "ssl" is the module."""
    done = subprocess.run([mpy.interpreter(), os.path.join(HERE, "ours.py"), pki.directory() + os.sep],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                          env=dict(os.environ, MICROPYPATH=os.path.join(TESTS, "same")))
    text = done.stdout.decode()
    assert done.returncode == 0, text
    return {kind: set(names) - FOR_TESTS for kind, names in json.loads(text).items()}
