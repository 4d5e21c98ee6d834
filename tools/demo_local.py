"""The demo on loopback: the page's three examples, then what handshakes cost."""
import os
import subprocess
import tempfile
import time

import demo_table as show
from support import mpy, peers, pki

PAGE = os.path.join(pki.ROOT, "tests", "page")
ASK = "GET / HTTP/1.0\r\n\r\n"
NAME = "localhost"
RELEASE = "import sys; print('MicroPython %d.%d.%d with ussl' % sys.implementation.version[:3])"


def run():
    problems = []
    introduce()
    show.heading("The page's three examples (nothing but host and port changed)")
    examples(problems)
    figures = measure_all(problems)
    show.heading("Who answered, and who checked")
    show.table([["peer", "TLS", "cipher", "verified"]] + [
        [peer, told["full"]["version"], told["full"]["cipher"],
         "yes, chain to %s, name %s" % (root, NAME)] for peer, told, root, _ in figures])
    show.heading("What a handshake costs (median of 5; bytes both ways, close included)")
    show.table([show.COST_TITLES] + [show.costs(peer, told) for peer, told, _, _ in figures],
               show.COST_RIGHT)
    check_resumed(figures, problems)
    print()
    if problems:
        print("Not as it should be:\n  " + "\n  ".join(problems))
        return 1
    print("All is well. Try a server of your choice:  ./run demo example.org")
    return 0


def measure_all(problems):
    """A row for each peer and version that could be visited."""
    figures = []
    for version in ("1.2", "1.3"):
        for visit in (openssl, nginx):
            try:
                figures.append(visit(version))
            except show.Refused as why:
                problems.append("%s, TLSv%s: %s" % (visit.__name__, version, why))
    return figures


def introduce():
    show.say("ussl on MicroPython, with real TLS servers on this machine\n")
    start = time.monotonic()
    pki.directory()
    show.say("  PKI       throw-away, ECDSA and RSA: root, intermediate, leafs (%.1f s)" % (
        time.monotonic() - start))
    show.say("  peers     %s; %s" % (words("openssl", "version"), words(peers.sbin("nginx"), "-v")))
    show.say("  client    %s" % mpy.run(RELEASE).check().strip())


def words(*argv):
    """The version a program tells about itself, in short."""
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError:
        raise peers.PeerError("%s is not installed" % argv[0]) from None
    text = done.stdout.decode().strip().splitlines()[0]
    return " ".join(text.replace("nginx version: ", "").split()[:2])


def example(number, address, ca="root-ecdsa"):
    """Run an example of the page by its text, with our address put in."""
    with open(os.path.join(PAGE, "example%d.py" % number)) as file:
        text = file.read()
    for theirs in ("'www.google.com', 443", "'cloud.blynk.cc', 8441"):
        text = text.replace(theirs, "%r, %d" % address)
    with open(os.path.join(PAGE, "wrapper.py")) as file:
        code = file.read()
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(text)
        file.flush()
        return mpy.run(code, {"EXAMPLE": file.name, "CA": pki.path(ca + ".pem"),
                              "FILESYSTEM": "VfsLfs2", "REQUEST": ""}).json()


def examples(problems):
    rows = []
    with peers.openssl_server() as server, peers.nginx("server-rsa") as web, \
            peers.openssl_server("other-server") as stranger:
        rows.append(["1", "wrap, connect", "openssl s_server"] + outcome(
            example(1, server.address), "not verified: it asks for nothing (CERT_NONE)", problems))
        rows.append(["2", "with a CA file", "nginx"] + outcome(
            example(2, web.address, "root-rsa"), "verified: chain to /flash/cert/ca.pem", problems))
        rows.append(["2", "an impostor", "openssl s_server"] + refusal(
            example(2, stranger.address), problems))
        told = example(3, server.address)
        word = "resumed" if server.wait_count("Reused session-id", 1) else "NOT resumed"
        rows.append(["3", "save, resume", "openssl s_server"] + outcome(
            told, word + ", says the server", problems))
        if word != "resumed":
            problems.append("example 3: the server did not resume")
    show.table([["", "example", "peer", "result", ""]] + rows)


def outcome(told, words_if_good, problems):
    if "error" in told:
        problems.append("an example failed: " + told["error"])
        return ["FAILED", told["error"]]
    return [told["version"], words_if_good]


def refusal(told, problems):
    """The one that must fail: its certificate is from a root nobody gave us."""
    if told.get("ssl_error"):
        return ["refused", shorten(told["error"])]
    problems.append("example 2 was not refused by a server of another root")
    return ["ACCEPTED", "though its root is unknown"]


def shorten(text, width=52):
    """Of the sentence "certificate verify failed: which one (depth): why" the why."""
    text = text.split("): ", 1)[-1]
    return text if len(text) <= width else text[:width - 3] + "..."


def openssl(version):
    with peers.openssl_server("server-ecdsa", version) as server:
        told = show.measure(server.address, NAME, pki.path("root-ecdsa.pem"))
        # five resumed visits are timed, one more is counted
        word = server.wait_count("Reused session-id", 6)
        return "openssl s_server", told, "ECDSA root", word


def nginx(version):
    with peers.nginx("server-rsa", version) as server:
        told = show.measure(server.address, NAME, pki.path("root-rsa.pem"), request=ASK)
        word = "reused=r" in told["resumed"].get("reply", "")
        return "nginx", told, "RSA root", word


def check_resumed(figures, problems):
    """A row counts as resumed when both ends say so."""
    missing = ["%s, %s: not resumed" % (peer, told["full"]["version"])
               for peer, told, _, word in figures
               if not (word and told["resumed"].get("reused"))]
    problems += missing
    if not missing:
        show.say("\n  Resumed: ussl says so, and so does the peer, in every row.")
