#!/usr/bin/env python3
"""The libraries that MicroPython's users have, unmodified, over ussl: requests and mip as the
interpreter holds them; others of micropython-lib when MICROPYTHON_LIB_DIR is a checkout of it."""
import os
import shutil
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki  # noqa: E402
from support.report import Skip, case, contains, end  # noqa: E402
from support.usslpeer import read_code  # noqa: E402

FILES = {"data.json": b'{"answer": 42}', "large": bytes(300000), "module.py": b"answer = 42\n"}
PACKAGE = '{"urls": [["installed.py", "https://%s:%d/files/module.py"]], "version": "1"}'
FROZEN = ("requests", "mip")
HTTP = {"requests": ["python-ecosys/requests"], "urequests": ["micropython/urequests", "python-ecosys/requests"],
        "urllib_urequest": ["micropython/urllib.urequest"], "aiohttp": ["python-ecosys/aiohttp"],
        "mip": ["micropython/mip", "python-ecosys/requests"]}
MQTT = {"umqtt_simple": ["micropython/umqtt.simple"],
        "umqtt_robust": ["micropython/umqtt.robust", "micropython/umqtt.simple"]}


def use(name, folders, server, version):
    """With what the folders hold in one, as mip would have installed it."""
    with tempfile.TemporaryDirectory(prefix="ussl-library-") as folder:
        for part in folders:
            shutil.copytree(part, folder, dirs_exist_ok=True)
        told = mpy.run(read_code("mpy_library.py"), {
            "CASE": name, "FOLDER": folder, "HOST": server.host, "PORT": server.port,
            "CA": pki.path("root-ecdsa.pem"), "VERSION": version}, timeout=60, heap="4M")
        contains(told.check(), "done")


def checkout(words):
    """The folders of a checkout that hold what is imported; Skip without one."""
    root = os.environ.get("MICROPYTHON_LIB_DIR")
    if not root:
        raise Skip("MICROPYTHON_LIB_DIR is not set to a checkout of micropython-lib")
    folders = [os.path.join(root, word) for word in words]
    for folder in folders:
        if not os.path.isdir(folder):
            raise Skip("%s is not there" % folder)
    return folders


def frozen(name):
    known = mpy.run("import %s" % name)
    if known.status:
        raise Skip("the sources of MicroPython that are used hold no " + name)
    return []


def web(version):
    """nginx with what the libraries fetch; what mip installs names the server's port."""
    port = peers.free_port()
    package = (PACKAGE % (peers.HOST, port)).encode()
    return peers.nginx(version=version, files=dict(FILES, **{"package.json": package}), port=port)


for version in ("1.2", "1.3"):
    with web(version) as server:
        for name in FROZEN:
            with case("%s of the distribution's MicroPython, TLS %s" % (name, version)):
                use(name, frozen(name), server, version)
        for name, words in HTTP.items():
            with case("%s of micropython-lib, TLS %s" % (name, version)):
                use(name, checkout(words), server, version)
    for name, words in MQTT.items():
        with case("%s of micropython-lib, TLS %s" % (name, version)):
            folders = checkout(words)
            with peers.mosquitto(version=version, client_ca=None) as server:
                use(name, folders, server, version)
end()
