#!/usr/bin/env python3
"""keylog_filename: Wireshark reads what went over the wire with the secrets that ussl logged,
as a client and as a server, in full and resumed handshakes, and with early data."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, pcap, peers, pki  # noqa: E402
from support.relay import Relay  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import UsslServer  # noqa: E402

VISITS = """
import socket, ssl
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(CA)
context.keylog_filename = LOG or None
context.minimum_version = context.maximum_version = 0x301 + VERSION
reused = []
for text in TEXTS:
    early = text if EARLY and reused else None
    ss = context.wrap_socket(socket.socket(), server_hostname="localhost", early_data=early)
    ss.connect(socket.getaddrinfo(HOST, PORT)[0][-1])
    if not early:
        ss.write(text)
    ss.readline()
    reused.append(ss.session_reused)
    ss.close()
print(reused)
"""


def visit(address, version, texts, log, early=False):
    told = mpy.run(VISITS, {"HOST": mpy.seen(address[0]), "PORT": address[1], "CA": pki.path("root-ecdsa.pem"),
                            "VERSION": int(version[2]), "TEXTS": [text + "\n" for text in texts], "LOG": log,
                            "EARLY": early}).check()
    equal(told.splitlines()[0], str([False] + [True] * (len(texts) - 1)), "resumed")


def deciphered(link, folder, log):
    """What both have said, as Wireshark sees it."""
    path = os.path.join(folder, "capture.pcap")
    pcap.write(path, link)
    run = subprocess.run(["tshark", "-r", path, "-o", "tls.keylog_file:" + log, "-T", "fields", "-e", "tls.app_data",
                          "-e", "data.data", "-e", "data-text-lines", "-q", "-z", "follow,tls,raw,0"],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    text = run.stdout.decode()
    contains(text, "Follow: tls,raw", run.stderr.decode())
    return b"".join([bytes.fromhex(line.strip()) for line in text.splitlines() if re.fullmatch(r"\s*[0-9a-f]{2,}", line)])


def labels(log):
    with open(log) as file:
        return [line.split()[0] for line in file]


def check(relay, texts, folder, log):
    nothing = os.path.join(folder, "nothing")
    open(nothing, "w").close()
    for number, text in enumerate(texts):
        link = relay.wait_done(number)
        equal(deciphered(link, folder, nothing), b"", "without the log")
        seen = deciphered(link, folder, log).decode()
        contains(seen, text, "not deciphered")
        contains(seen, text[::-1] if relay.reverses else text, "the answer")


WANTED = {
    "1.2": {"CLIENT_RANDOM"},
    "1.3": {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
            "SERVER_TRAFFIC_SECRET_0"},
}


def as_client(version, folder, log):
    texts = ["the first text", "and another"]
    with peers.openssl_server(version=version, mode="rev") as server, Relay(server.address, record=True) as relay:
        visit(relay.address, version, texts, log)
        relay.reverses = True
        check(relay, texts, folder, log)
    equal(set(labels(log)), WANTED[version], "labels")
    equal(len(labels(log)), 2 * len(WANTED[version]), "lines")
    equal(os.stat(log).st_mode & 0o777, 0o600, "mode")


def as_server(version, folder, log):
    texts = ["said to a server", "said once more"]
    with UsslServer(context={"keylog_filename": log}) as server, Relay(server.address, record=True) as relay:
        visit(relay.address, version, texts, None)
        relay.reverses = False
        check(relay, texts, folder, log)
    equal(set(labels(log)), WANTED[version], "labels")


def early(folder, log):
    """Both write into the same file."""
    texts = ["at first", "in early data"]
    context = {"keylog_filename": log, "max_early_data": 1000}
    with UsslServer(context=context) as server, Relay(server.address, record=True) as relay:
        visit(relay.address, "1.3", texts, log, early=True)
        relay.reverses = False
        check(relay, texts, folder, log)
    equal(labels(log).count("CLIENT_EARLY_TRAFFIC_SECRET"), 2, "both know the secret")


if __name__ == "__main__":
    for _name, _run in (("a client", as_client), ("a server", as_server)):
        for _version in ("1.2", "1.3"):
            with case("Wireshark reads the connections of %s with its log, TLS %s" % (_name, _version)):
                with tempfile.TemporaryDirectory() as _folder:
                    _run(_version, _folder, os.path.join(_folder, "keys"))
    with case("Wireshark reads early data"), tempfile.TemporaryDirectory() as _folder:
        early(_folder, os.path.join(_folder, "keys"))
    end()
