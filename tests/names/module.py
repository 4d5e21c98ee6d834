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


def run(script, *args):
    """What a script beside this file prints under MicroPython."""
    done = subprocess.run([mpy.interpreter(), os.path.join(HERE, script), pki.directory() + os.sep] + list(args),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                          env=dict(os.environ, MICROPYPATH=os.path.join(TESTS, "same")))
    text = done.stdout.decode()
    assert done.returncode == 0, text
    return text


def ours():
    """{"ssl": names, "SSLContext": names, ...}: "ssl" is the module."""
    return {kind: set(names) - FOR_TESTS for kind, names in json.loads(run("ours.py")).items()}
