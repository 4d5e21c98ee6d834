#!/usr/bin/env python3
"""The programs in examples/ do what their first lines say, with real peers."""
import os
import re
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers, pki, pytls  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402

EXAMPLES = os.path.join(pki.ROOT, "examples")
CA = "root-ecdsa.pem"


def command(name, *args):
    return [mpy.interpreter(), os.path.join(EXAMPLES, name + ".py")] + [str(arg) for arg in args]


def run(name, *args):
    """(exit status, all that it printed)"""
    done = subprocess.run(command(name, *args), stdin=subprocess.DEVNULL, timeout=30,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def works(name, *args):
    status, text = run(name, *args)
    equal(status, 0, "exit status, having said %r" % text)
    return text


def refused(words, name, *args):
    status, text = run(name, *args)
    equal(status, 1, "exit status, having said %r" % text)
    contains(text, words)
    assert "Traceback" not in text, text


def certificate(name):
    return pki.path(name + ".chain.pem"), pki.path(name + ".key")


def https_get():
    with peers.nginx() as server:
        text = works("https_get", *server.address, pki.path(CA))
        contains(text, "200 OK")
        contains(text, "protocol=TLSv1.3")
        refused("not trusted:", "https_get", *server.address, pki.path("other-root.pem"))
    refused("failed:", "https_get", *server.address, pki.path(CA))


def nonblocking_poll():
    with peers.nginx() as server:
        contains(works("nonblocking_poll", *server.address, pki.path(CA)), "HTTP/1.1 200")


def resume_across_reboot():
    with peers.nginx() as server, tempfile.TemporaryDirectory(prefix="ussl-example-") as folder:
        path = os.path.join(folder, "session")
        args = ("resume_across_reboot",) + server.address + (pki.path(CA), path)
        for wanted in ("full handshake", "resumed", "resumed"):
            contains(works(*args), wanted)
        peers.write_file(path, b"junk")
        for wanted in ("full handshake", "resumed"):
            contains(works(*args), wanted)


def subscriber(server):
    cert, key = certificate("client-ecdsa")
    return peers.Process(["mosquitto_sub", "-C", "1", "-h", server.host, "-p", server.port,
                          "-t", "greenhouse/+", "-v", "--cafile", pki.path(CA), "--cert", cert, "--key", key])


def mqtt_mutual():
    message = ("greenhouse/north", "21.5 degrees")
    with peers.mosquitto() as server:
        with subscriber(server) as listener:
            server.wait_for("Sending SUBACK")
            contains(works("mqtt_mutual", *server.address, pki.path(CA), *certificate("client-ecdsa"),
                           *message), "published over TLSv1.3")
            equal(listener.wait(), 0, "exit status of mosquitto_sub")
            contains(listener.text, " ".join(message))
        refused("alert", "mqtt_mutual", *server.address, pki.path(CA), *certificate("other-client"),
                *message)


def mqtt_resume():
    with peers.mosquitto(client_ca=None) as server:
        text = works("mqtt_resume", *server.address, pki.path(CA), "field/7", 3)
        equal([line.split(",")[0] for line in text.splitlines()], ["full handshake", "resumed", "resumed"])
        contains(text, "b'wake-up 2'")
        refused("failed:", "mqtt_resume", *server.address, pki.path("other-root.pem"), "field/7", 1)


def asyncio_server():
    port = peers.free_port()
    url = "https://localhost:%d/" % port
    with serving(port, name="asyncio_server") as process:
        with socket.create_connection((peers.HOST, port)):  # one that says nothing holds up nobody
            with peers.openssl_client((peers.HOST, port)) as idle:
                idle.wait_for("Verify return code: 0")
                visit = peers.curl([url + "page"])
                equal(visit.status, 0, "curl: " + visit.log[-500:])
                equal(visit.body.decode(), "/page over TLSv1.3\n")
        assert peers.curl([url], ca="other-root").status, "trusted by a stranger"
        process.wait_for("refused:")
        equal(peers.curl([url + "again"]).body.decode(), "/again over TLSv1.3\n")


def serving(port, *more, name="server"):
    process = peers.Process(command(name, port, *certificate("server-ecdsa"), *more))
    try:
        process.wait_for("listening")
    except peers.PeerError:
        process.stop()
        raise
    return process


def server():
    for more, cert, name in (((), None, "unknown"), ((pki.path(CA),), "client-ecdsa", "client-ecdsa")):
        port = peers.free_port()
        url = "https://localhost:%d/" % port
        with serving(port, *more) as process:
            for _ in range(2):
                visit = peers.curl([url], cert=cert)
                equal(visit.status, 0, "curl: " + visit.log[-500:])
                contains(visit.body.decode(), "hello %s, TLSv1.3" % name)
            if more:
                assert peers.curl([url]).status, "served without a certificate"
                process.wait_for("refused:")


class Mail(socketserver.StreamRequestHandler):
    """As much of SMTP as STARTTLS needs; what it offers tells the halves apart."""

    def handle(self):
        self.talk("220 ready", {"EHLO": "250-hello\r\n250 STARTTLS", "STARTTLS": "220 go ahead"})
        conn = self.server.context.wrap_socket(self.request, server_side=True)
        self.rfile, self.wfile = conn.makefile("rb"), conn.makefile("wb", 0)
        self.talk(None, {"EHLO": "250-hello\r\n250 AUTH", "QUIT": "221 bye"})

    def talk(self, greeting, answers):
        """Until the last command of `answers` has been given."""
        if greeting:
            self.wfile.write(greeting.encode() + b"\r\n")
        word = None
        while word != list(answers)[-1]:
            word = self.rfile.readline().decode().split()[0]
            self.wfile.write(answers[word].encode() + b"\r\n")


def starttls():
    with socketserver.ThreadingTCPServer((peers.HOST, 0), Mail) as mail:
        mail.daemon_threads = True
        mail.context = pytls.server_context()
        threading.Thread(target=mail.serve_forever, args=(0.05,), daemon=True).start()
        text = works("starttls", *mail.server_address, pki.path(CA))
        mail.shutdown()
    contains(text, "plain: ['250 STARTTLS']")
    assert re.search(r"^TLSv1\.3: \['250 AUTH'\]$", text, re.M), text


CHECKS = (https_get, nonblocking_poll, resume_across_reboot, mqtt_mutual, mqtt_resume, server, asyncio_server,
          starttls)
ELSEWHERE = {"dtls_server"}  # test_dtls.py


def none_forgotten():
    there = {name[:-3] for name in os.listdir(EXAMPLES) if name.endswith(".py")}
    equal({check.__name__ for check in CHECKS} | ELSEWHERE, there, "examples")


if __name__ == "__main__":
    for check in CHECKS + (none_forgotten,):
        with case("examples: " + check.__name__):
            check()
    end()
