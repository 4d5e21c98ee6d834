#!/usr/bin/env python3
"""Programs that use ssl in the order of calls of libraries in the field, Pycom's and
MicroPython's, with nginx and mosquitto."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki  # noqa: E402
from support.report import case, contains, end  # noqa: E402
from support.usslpeer import read_code  # noqa: E402

WITH_CERTIFICATE = ("poll_then_one_byte",)
MQTT = ("reader_thread", "look_for_messages", "will_and_resumption")
HTTP = ("wrap_after_connect", "pages_over_asyncio")


def play(name, server, version):
    told = mpy.run(read_code("mpy_sequences.py"), {
        "CASE": name, "HOST": server.host, "PORT": server.port, "CA": pki.path("root-ecdsa.pem"), "VERSION": version,
        "CERT": pki.path("client-ecdsa.chain.pem"), "KEY": pki.path("client-ecdsa.key")}, timeout=60)
    contains(told.check(), "done")


def all_with(names, server, version):
    for name in names:
        with case("%s, TLS %s" % (name, version)):
            play(name, server, version)


for version in ("1.2", "1.3"):
    with peers.mosquitto(version=version) as server:
        all_with(WITH_CERTIFICATE, server, version)
    with peers.mosquitto(version=version, client_ca=None) as server:
        all_with(MQTT, server, version)
    with peers.nginx(version=version, files={"update": bytes(100000)}) as server:
        all_with(HTTP, server, version)
end()
