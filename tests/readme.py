#!/usr/bin/env python3
"""Run the README's example as it stands there, against a server of our own.

The first ```python block after the heading "Example" is taken unchanged.  It
runs on build/micropython in a network namespace where every host name it
mentions is a web server on this machine, in a folder that holds the server's
root certificate as ca.pem; /flash/cert/ca.pem is the same file.
"""
import os
import re
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from support import mpy, netns, peers, pki  # noqa: E402
from support.report import Skip, case, end  # noqa: E402

README = os.path.join(os.path.dirname(HERE), "README.md")
MOUNT = "import vfs\nvfs.mount(vfs.VfsPosix(FOLDER), '/flash')\n"


def example():
    """The text of the block, and the (host, port) pairs it mentions."""
    with open(README, encoding="utf-8") as file:
        text = file.read()
    found = re.search(r"^#+ *Example.*?^```python\n(.*?)^```", text, re.M | re.S)
    assert found, "README.md has no ```python block after a heading Example"
    code = found.group(1)
    places = re.findall(r"""["']([\w-]+(?:\.[\w-]+)+)["'],\s*(\d+)""", code)
    return code, {(host, int(port)) for host, port in places}


def run(code, places):
    folder = tempfile.mkdtemp(prefix="ussl-readme-")
    servers = []
    try:
        os.mkdir(os.path.join(folder, "cert"))
        for name in ("ca.pem", "cert/ca.pem"):
            shutil.copy(pki.path("root-ecdsa.pem"), os.path.join(folder, name))
        for port in {port for _, port in places}:
            servers.append(peers.openssl_server("server-ecdsa", mode="www", port=port))
        done = mpy.run(MOUNT + code, {"FOLDER": folder}, cwd=folder)
        assert done.status == 0, "exit status %s: %s" % (done.status, done.err or done.out)
        assert done.out.strip(), "the example prints nothing"
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main():
    with case("the README's example runs as it stands"):
        code, places = example()
        assert places, "the example connects to nothing"
        try:
            netns.enter({host: "127.0.0.1" for host, _ in places})
        except netns.Unavailable as why:
            raise Skip(str(why)) from None
        run(code, places)
    end()


if __name__ == "__main__":
    main()
