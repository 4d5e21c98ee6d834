#!/usr/bin/env python3
"""MicroPython's own tests of TLS, run by its own runners, with ussl in its module's place.

    test_upstream.py [WORD]        only tests with this word in their name

The tests stay where they are, in the source tree that the interpreter was built from; the
runners find links to them in a folder of ours, beside what they expect. Where ussl answers
otherwise on purpose, that is a file in tests/upstream/expected instead of the tree's;
docs/differences.md gives the reasons. It all runs in a network namespace, in which the
sites that the tests name are servers on loopback.
"""
import contextlib
import glob
import http.server
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))

from support import netns, peers, pki  # noqa: E402
from support.report import Skip, case, end  # noqa: E402

TREE = os.environ.get("MICROPYTHON_DIR", os.path.join(ROOT, "build", "src", "micropython"))
TESTS = os.path.join(TREE, "tests")
EXPECTED = os.path.join(HERE, "expected")
INTERPRETER = os.path.join(ROOT, "build", "micropython")

ALONE = ("extmod/ssl_*.py", "extmod/tls_*.py", "net_hosted/ssl_*.py", "net_inet/*ssl*.py", "net_inet/*tls*.py")
PAIRS = ("multi_net/ssl*.py", "multi_net/*tls*.py")
SITES = ("micropython.org", "www.github.com", "pypi.org", "api.pushbullet.com", "test.mosquitto.org")

# What cannot pass, and why.
LEFT_OUT = {
    "net_inet/ssl_cert": "trusts nobody but the certificate authority of the real micropython.org",
    "net_inet/tls_num_errors": "wants what only a board's or a test's build has, and a number of mbedTLS's",
}

# Files of ours in place of the tree's, which belong to hosts and keys that are not here.
INSTEAD = {
    "net_inet/isrg.der": "root-ecdsa.der",
    "net_inet/mpycert.der": "root-ecdsa.der",
}
# The same for one test: the tree's key belongs to another certificate, which load_cert_chain tells.
APART = {
    "multi_net/sslcontext_verify_time_error": {"expired_cert.der": "upstream-expired.der",
                                               "ec_key.der": "upstream-expired.key.der"},
}


# ---- the folder in which the runners look ----


def stage(folder):
    """Links to the tree's tests and to what they need; names of ours come first."""
    for part in ("extmod", "multi_net", "net_hosted", "net_inet"):
        os.mkdir(os.path.join(folder, part))
        for path in glob.glob(os.path.join(TESTS, part, "*")):
            name = os.path.join(part, os.path.basename(path))
            os.symlink(pki.path(INSTEAD[name]) if name in INSTEAD else path, os.path.join(folder, name))
    for name, files in APART.items():
        apart = os.path.join(folder, "apart", os.path.dirname(name))
        os.makedirs(apart)
        for ending in (".py", ".py.exp"):
            os.rename(os.path.join(folder, name + ending), os.path.join(folder, "apart", name + ending))
        for file, ours in files.items():
            os.symlink(pki.path(ours), os.path.join(apart, file))


def tests_in(folder, patterns, word):
    paths = [path for pattern in patterns for where in (folder, os.path.join(folder, "apart"))
             for path in glob.glob(os.path.join(where, pattern))]
    return sorted(path for path in paths if word in name_of(path))


def name_of(path):
    return "/".join(path.split("/")[-2:])[:-len(".py")]


# ---- the runners ----


def environment():
    path = ":".join((".frozen", os.path.join(TREE, "extmod"), os.path.join(HERE, "lib")))
    # A runner that buffers what it says would put it behind what its diff says.
    return dict(os.environ, MICROPY_MICROPYTHON=INTERPRETER, MICROPYPATH=path, PYTHONUNBUFFERED="1",
                SSL_CERT_FILE=pki.path("root-ecdsa.pem"))


def run(runner, *words):
    done = subprocess.run([sys.executable, os.path.join(TESTS, runner)] + list(words), env=environment(),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout.decode("utf-8", "replace")


def run_alone(paths, folder):
    """(what the runner said, what the test printed) for each test of run-tests.py."""
    results = os.path.join(folder, "results")
    said = run("run-tests.py", "--keep-path", "-j", "1", "--result-dir", results, *paths) if paths else ""
    for path in paths:
        verdict = re.search(r"^(pass|FAIL|skip) +%s" % re.escape(path), said, re.M)
        outputs = glob.glob(os.path.join(results, "*_%s.py.out" % name_of(path).replace("/", "_")))
        yield path, verdict.group(1) if verdict else said[-600:], read(outputs[0]) if outputs else ""


def run_pairs(paths):
    """The same for each test of run-multitests.py, which has two instances."""
    said = run("run-multitests.py", *paths) if paths else ""
    for path in paths:
        found = re.search(r"^%s on [^\n]*: (pass|FAIL|skip)\n(?:### TEST ###\n(.*?)### TRUTH ###)?" % re.escape(path),
                          said, re.M | re.S)
        yield path, found.group(1) if found else said[-600:], (found and found.group(2)) or ""


# ---- the verdict ----


def read(path):
    with open(path) as file:
        return file.read()


def promised(text):
    """Without what no file can foretell: places in a file, and today's dates."""
    lines = [line for line in text.splitlines() if not line.startswith("  File ")]
    return re.sub(r"\b20\d\d-\d\d-\d\d\b", "YYYY-MM-DD", "\n".join(lines)).strip()


def judge(path, verdict, output):
    ours = os.path.join(EXPECTED, name_of(path) + ".exp")
    if not os.path.exists(ours):
        assert verdict == "pass", "%s\n%s" % (verdict, output[-800:])
        return
    assert verdict == "FAIL", "%s, and so needs no file in tests/upstream/expected" % verdict
    wanted = promised(read(ours))
    assert promised(output) == wanted, "printed\n%s\nand not\n%s" % (output[-800:], wanted)


# ---- the sites ----


class Site(http.server.BaseHTTPRequestHandler):
    """The same page to everybody. At port 80 it says 400 to TLS, as any web server does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"hello\n")

    def log_message(self, *words):
        pass


class SiteServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # some tests hang up on purpose


@contextlib.contextmanager
def site(port, context=None):
    with SiteServer(("127.0.0.1", port), Site) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@contextlib.contextmanager
def sites():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.path("upstream-sites.chain.pem"), pki.path("upstream-sites.key"))
    with site(80), site(443, context), peers.openssl_server("selfsigned", port=8883):
        yield


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    if not os.path.isdir(TESTS):
        with case("the tests of MicroPython"):
            raise Skip("%s has no folder tests" % TREE)
        return
    try:
        netns.enter(dict.fromkeys(SITES, "127.0.0.1"))
    except netns.Unavailable as why:
        with case("the tests of MicroPython"):
            raise Skip(str(why))
        return
    folder = tempfile.mkdtemp(prefix="ussl-upstream-")
    try:
        judge_all(folder, word)
    finally:
        shutil.rmtree(folder)


def judge_all(folder, word):
    stage(folder)
    alone, pairs = tests_in(folder, ALONE, word), tests_in(folder, PAIRS, word)
    for path in alone + pairs:
        if name_of(path) in LEFT_OUT:
            with case(name_of(path)):
                raise Skip(LEFT_OUT[name_of(path)])
    with sites():
        for path, verdict, output in run_alone(wanted(alone), folder):
            with case(name_of(path)):
                judge(path, verdict, output)
        for path, verdict, output in run_pairs(wanted(pairs)):
            with case(name_of(path)):
                judge(path, verdict, output)


def wanted(paths):
    return [path for path in paths if name_of(path) not in LEFT_OUT]


if __name__ == "__main__":
    main()
    end()
