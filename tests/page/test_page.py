#!/usr/bin/env python3
"""The page's three examples, not a character changed, on a machine of their own.

    test_page.py [BOARD]

In a network namespace www.google.com and cloud.blynk.cc are servers on
loopback, at the ports the examples say.  Each example runs against OpenSSL's
server and nginx, in TLS 1.2 and TLS 1.3, with the CA on FAT and on LittleFS, on an
emulated board on its flash.
What counts for "resumed" is the server's word.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import dns, machine, mpy, netns, peers, pki  # noqa: E402
from support.report import Skip, case, contains, end, equal  # noqa: E402

HOSTS = {"www.google.com": "127.0.0.1", "cloud.blynk.cc": "127.0.0.1"}
ASK = "GET / HTTP/1.0\r\n\r\n"
PORTS = {1: 443, 2: 8441, 3: 443}
BOARD = sys.argv[1] if len(sys.argv) > 1 else None


def example(number, ca="root-ecdsa", filesystem="VfsLfs2", request=""):
    """Run it; returns what wrapper.py tells."""
    with open(os.path.join(HERE, "wrapper.py")) as file:
        code = file.read()
    put = ["--put", pki.path(ca + ".pem") + ":/flash/cert/ca.pem"] if BOARD else []
    return mpy.run(code, {"EXAMPLE": os.path.join(HERE, "example%d.py" % number),
                          "CA": pki.path(ca + ".pem"), "FILESYSTEM": "" if BOARD else filesystem,
                          "REQUEST": request}, options=put).json()


def works(told, version):
    assert "error" not in told, told["error"]
    equal(told["version"], "TLSv" + version, "version")
    assert told["subtype"], "ss is no socket.socket"


def against_openssl(number, version):
    with peers.openssl_server("server-ecdsa", version, port=PORTS[number]) as server:
        told = example(number, filesystem="VfsFat")
        works(told, version)
        equal(told["reused"], number == 3, "session_reused")
        if number == 3:
            server.wait_for("Reused session-id")
        equal(server.count("Reused session-id"), int(number == 3), "resumed, says the server")


def against_nginx(number, version, tickets=True):
    with peers.nginx("server-rsa", version, port=PORTS[number], tickets=tickets):
        told = example(number, ca="root-rsa", request=ASK)
        works(told, version)
        contains(told["reply"], "protocol=TLSv" + version)
        contains(told["reply"], "reused=" + ("r" if number == 3 else "."), "nginx")


def refused(version):
    """The second example must not talk to a server of another root."""
    with peers.openssl_server("other-server", version, port=8441) as server:
        told = example(2)
        assert told.get("ssl_error"), "not refused with an SSLError: %r" % told
        server.wait_for("alert unknown ca")


def no_server():
    told = example(1)
    equal((told.get("kind"), told.get("ssl_error")), ("OSError", False), "without a server")


def run_all():
    for version in ("1.2", "1.3"):
        for number in (1, 2, 3):
            with case("example %d verbatim, openssl, TLS %s" % (number, version)):
                against_openssl(number, version)
            with case("example %d verbatim, nginx, TLS %s" % (number, version)):
                against_nginx(number, version)
        with case("example 3 verbatim, nginx without tickets, TLS %s" % version):
            against_nginx(3, version, tickets=False)
        with case("example 2 refuses a server of another root, TLS %s" % version):
            refused(version)
    with case("example 1 without a server is a plain OSError"):
        no_server()


if __name__ == "__main__":
    try:
        netns.enter(HOSTS)
    except netns.Unavailable as why:
        with case("the page in a network namespace"):
            raise Skip(str(why)) from None
        end()
    if BOARD:
        dns.NameServer({name: machine.Board.host for name in HOSTS})
        mpy.use_board(BOARD)
    run_all()
    end()
