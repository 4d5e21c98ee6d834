#!/usr/bin/env python3
"""Run the README's examples as they stand there, against a server of our own.

Each ```python block is taken unchanged.  It runs on build/micropython in a
network namespace where every host name it mentions is a web server on this
machine, in a folder that holds the server's root certificate as ca.pem and
ca.der; /flash/cert/ca.pem is the same file.  The one of which the README says
so runs under CPython as well.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from support import mpy, netns, peers, pki  # noqa: E402
from support.report import Skip, case, end  # noqa: E402

README = os.path.join(os.path.dirname(HERE), "README.md")
MOUNT = "import vfs\nvfs.mount(vfs.VfsPosix(FOLDER), '/flash')\n"


class Block:
    """A program of the README: the heading and the words above it, and its text."""

    def __init__(self, heading, words, code):
        self.heading, self.words, self.code = heading, words, code

    def places(self):
        """The (host, port) pairs it mentions."""
        found = re.findall(r"""["']([\w-]+(?:\.[\w-]+)+)["'],\s*(\d+)""", self.code)
        assert found, "it connects to nothing"
        return {(host, int(port)) for host, port in found}

    def __str__(self):
        return "%s, %s" % (self.heading, self.words.split(":")[0]) if ":" in self.words else self.heading


def blocks():
    with open(README, encoding="utf-8") as file:
        text = file.read()
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        for found in re.finditer(r"([^\n]+\n(?:[^\n]+\n)*)?\n```python\n(.*?)^```", section, re.M | re.S):
            yield Block(section.split("\n")[0], found.group(1) or "", found.group(2))


def in_a_folder(work):
    """Calls work(folder) in a folder that holds the roots."""
    folder = tempfile.mkdtemp(prefix="ussl-readme-")
    try:
        os.mkdir(os.path.join(folder, "cert"))
        for name in ("ca.pem", "cert/ca.pem", "ca.der"):
            shutil.copy(pki.path("root-ecdsa" + name[-4:]), os.path.join(folder, name))
        work(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(code, folder):
    done = mpy.run(MOUNT + code, {"FOLDER": folder}, cwd=folder)
    assert done.status == 0, "exit status %s: %s" % (done.status, done.err or done.out)
    assert done.out.strip(), "the example prints nothing"


def run_cpython(code, folder):
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, stdin=subprocess.DEVNULL, timeout=30,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0 and done.stdout, done.stdout.decode()


def run_all(programs):
    for block in programs:
        with case("README: %s" % block):
            in_a_folder(lambda folder: run(block.code, folder))
        if "runs there too" in block.words:
            with case("README: %s, under CPython" % block):
                in_a_folder(lambda folder: run_cpython(block.code, folder))


def main():
    programs = list(blocks())
    places = set().union(*(block.places() for block in programs))
    servers = []
    try:
        netns.enter({host: "127.0.0.1" for host, _ in places})  # begins this program anew
        servers = [peers.openssl_server("server-ecdsa", mode="www", port=port) for port in {port for _, port in places}]
        run_all(programs)
    except netns.Unavailable as why:
        with case("the README's examples run as they stand"):
            raise Skip(str(why)) from None
    finally:
        for server in servers:
            server.stop()
    with case("the README has an example, and one of each dialect"):
        assert len(programs) >= 4, "%d programs" % len(programs)
    end()


if __name__ == "__main__":
    main()
