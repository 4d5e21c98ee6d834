#!/usr/bin/env python3
"""`./run demo` does what the README says: the table, the exit status, the words."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import peers, pki  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402

DEMO = os.path.join(pki.ROOT, "tools", "demo.py")


def demo(*words):
    done = subprocess.run([sys.executable, DEMO, *words], stdin=subprocess.DEVNULL, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode()


def loopback():
    status, text = demo()
    equal(status, 0, "exit status, having said:\n" + text)
    for peer in ("openssl s_server", "nginx"):
        for version in ("TLSv1.2", "TLSv1.3"):
            found = re.findall(r"%s +%s .* (\d+) %%$" % (peer, version), text, re.M)
            equal(len(found), 1, "rows of %s, %s in:\n%s" % (peer, version, text))
            assert int(found[0]) > 30, "resuming saved only %s %% of the bytes" % found[0]
    equal(len(re.findall(r"^  [123]  .*TLSv1", text, re.M)), 3, "examples in:\n" + text)
    contains(text, "refused", "the impostor")
    contains(text, "Resumed: ussl says so, and so does the peer, in every row.")
    assert max(map(len, text.splitlines())) <= 100, "wider than 100 columns"
    assert "\033" not in text, "colours in a pipe"


def host():
    with peers.openssl_server("server-rsa") as server:
        status, text = demo("localhost:%d" % server.port, "--ca", pki.path("root-rsa.pem"))
    equal(status, 0, "exit status, having said:\n" + text)
    contains(text, "verified: yes, chain to %s, name localhost" % pki.path("root-rsa.pem"))
    contains(text, "TLSv1.3")
    contains(text, "Resumed: ussl says so, and so does the server's hello.")


def host_without_sessions():
    with peers.openssl_server(version="1.3", extra=["-num_tickets", "0"]) as server:
        status, text = demo("localhost:%d" % server.port, "--ca", pki.path("root-ecdsa.pem"))
    equal(status, 0, "exit status, having said:\n" + text)
    contains(text, "gives no session to resume")


def stranger():
    with peers.openssl_server("other-server") as server:
        name = "localhost:%d" % server.port
        status, text = demo(name, "--ca", pki.path("root-rsa.pem"))
        equal(status, 1, "exit status")
        contains(text, "is not trusted")
        status, text = demo(name, "--no-verify")
        equal(status, 0, "exit status with --no-verify, having said:\n" + text)


def friendly():
    for words, part in ((["localhost:%d" % peers.free_port()], "nobody listens"),
                        (["no..name"], "has no address"),
                        (["localhost:http"], "no HOST or HOST:PORT"),
                        (["localhost", "--ca", "/no/such/file"], "cannot be read")):
        status, text = demo(*words)
        equal(status, 1, "exit status of " + " ".join(words))
        contains(text, part)
        assert "Traceback" not in text, text


if __name__ == "__main__":
    for check in (loopback, host, host_without_sessions, stranger, friendly):
        with case("demo: " + check.__name__.replace("_", " ")):
            check()
    end()
