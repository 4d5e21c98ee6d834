#!/usr/bin/env python3
"""What the firmware promises of itself: network, flash, clock, randomness, and resets
in the middle of connections.

    test_board.py BOARD
"""
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import machine, mpy, peers, pki  # noqa: E402
from support.ask import ask, good, refused, verifying  # noqa: E402
from support.report import Skip, case, contains, end, equal  # noqa: E402

BOARD = sys.argv[1]
WITHOUT_ENTROPY = os.path.join(machine.ROOT, "build", "firmware", BOARD + "-entropy-none")
WARNING = "THIS FIRMWARE HAS NO ENTROPY"
LIVES = 5
NOISE = 64  # bytes: the collector may take a number on the stack for a pointer


class Prompt(mpy.BoardProcess):
    """The board at its prompt."""

    def __init__(self, folder, *options):
        super().__init__(machine.Board(BOARD).command(*options, "repl"))
        self.script = os.path.join(folder, "code.py")
        self.seen = self.wait_for(">>> ", 20)

    def enter(self, keys, timeout=30):
        """What the board prints after these keys, until it prompts again."""
        start = self.seen
        self.send(keys)
        self.seen = self.wait_for(">>> ", timeout, start=start)
        return self.data[start:self.seen].decode("utf-8", "replace")

    def run(self, code):
        """What the code prints. It comes as a file: the serial port has a small buffer."""
        with open(self.script, "w") as file:
            file.write(code)
        answer = self.enter("exec(open('/host%s').read())\r" % self.script)
        assert "Traceback" not in answer, answer
        return answer.split("\n", 1)[1].rpartition(">>> ")[0].strip()


def at_prompt(check, *options):
    with tempfile.TemporaryDirectory(prefix="ussl-board-") as folder:
        with Prompt(folder, *options) as board:
            check(board)


# ---- network and flash ----


def dhcp():
    told = mpy.run("import network\nprint(network.LAN().ifconfig())").check()
    contains(told, "('10.0.2.15', '255.255.255.0', '10.0.2.2', '10.0.2.3')")


def flash():
    told = mpy.run("import os\nos.stat('/flash/cert')\n"
                   "print(os.listdir('/flash'), open('/flash/cert/ca.pem').read())",
                   options=["--put", pki.path("root-ecdsa.pem") + ":/flash/cert/ca.pem"]).check()
    contains(told, "'cert'")
    with open(pki.path("root-ecdsa.pem")) as file:
        contains(told.replace("\r", ""), file.read())


def flash_outlives_resets(board):
    board.run("with open('/flash/cert/kept', 'w') as file:\n    file.write('still here')")
    board.enter("\x04")
    equal(board.run("print(open('/flash/cert/kept').read())"), "still here")
    board.enter("import machine; machine.reset()\r")
    equal(board.run("print(open('/flash/cert/kept').read())"), "still here")


# ---- clock and randomness ----


def clock_unset(version):
    with peers.openssl_server("server-ecdsa", version) as server:
        words = refused(ask(server.address, verifying(), board=["--clock", "unset"]))
        contains(words, "the clock reads 1970: set the clock")


def clock_unset_and_allowed(version):
    """By verify_flags: then dates do not matter, and everything else does."""
    code = """import ssl, socket
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(root)
context.verify_flags |= ssl.VERIFY_TIME_IF_SET
ss = context.wrap_socket(socket.socket(), server_hostname=name)
try:
    ss.connect(socket.getaddrinfo(*address)[0][-1])
    print(ss.version())
except OSError as error:
    print(error)
"""
    for name, words in (("localhost", version), ("example.com", "does not match")):
        with peers.openssl_server("server-ecdsa", version) as server:
            args = {"address": [mpy.seen(server.address[0]), server.address[1]], "root": pki.path("root-ecdsa.pem"), "name": name}
            contains(mpy.run(code, args, options=["--clock", "unset"]).check(), words)


def randomness():
    told = mpy.run("import os\nprint(os.urandom(16))")
    again = mpy.run("import os\nprint(os.urandom(16))")
    assert told.check() != again.check(), "the same twice: " + told.out
    assert WARNING not in told.out, told.out


def no_entropy_is_said():
    if not os.path.exists(WITHOUT_ENTROPY):
        raise Skip("a build without entropy is tested on one board")
    os.environ["ENTROPY"] = "none"
    try:
        done = mpy.run("import os\nprint(os.urandom(16))")
        again = mpy.run("import os\nprint(os.urandom(16))")
    finally:
        del os.environ["ENTROPY"]
    contains(done.check(), WARNING, "the board's words")
    contains(done.err, "can be guessed", "the command's words")
    equal(again.out, done.out, "numbers that can be guessed")


# ---- resets ----

FREE = "import gc\ngc.collect()\nprint(gc.mem_free())\n"

# Connections in every state: open, resumed, in the middle of a handshake, listening.
BUSY = """
import socket, ssl
def go(**more):
    ss = ssl.wrap_socket(socket.socket(), cert_reqs=ssl.CERT_REQUIRED, ca_certs=%(ca)r,
                         server_hostname="localhost", **more)
    ss.connect(%(address)r)
    return ss
first = go()
second = go(saved_session=ssl.save_session(first))
half = ssl.wrap_socket(socket.socket())
half.setblocking(False)
try:
    half.connect(%(address)r)
except OSError:
    pass
ls = ssl.wrap_socket(socket.socket(), server_side=True, certfile=%(cert)r, keyfile=%(key)r)
ls.bind(("0.0.0.0", 4433))
ls.listen(1)
print(first.version(), first.session_reused, second.session_reused)
"""


def soft_reset(version, board):
    with peers.nginx("server-ecdsa", version) as server:
        busy = BUSY % {"ca": "/host" + pki.path("root-ecdsa.pem"),
                       "cert": "/host" + pki.path("server-ecdsa.chain.pem"),
                       "key": "/host" + pki.path("server-ecdsa.key"),
                       "address": (machine.Board.host, server.port)}
        free = []
        for _ in range(LIVES):
            free.append(board.run(FREE))
            equal(board.run(busy), "TLSv%s False True" % version)
            contains(board.enter("\x04"), "MPY: soft reboot")
        free = [int(words) for words in free]
        assert max(free) - min(free) <= NOISE, "free at the start of each life: %r" % free


# ---- sessions across resets ----

VISIT = """
import socket, ssl
key = bytes(range(32))
def visit(session=None):
    ss = ssl.wrap_socket(socket.socket(), cert_reqs=ssl.CERT_REQUIRED, ca_certs=%(ca)r,
                         server_hostname="localhost", saved_session=session)
    ss.connect(%(address)r)
    with open("/flash/session", "wb") as file:
        file.write(ssl.save_session(ss).serialize())
    with open("/flash/sealed", "wb") as file:
        file.write(ssl.save_session(ss).serialize(key))
    reused = ss.session_reused
    ss.close()
    return reused
def stored(name):
    with open("/flash/" + name, "rb") as file:
        return file.read()
"""


def visits(server):
    return VISIT % {"ca": "/host" + pki.path("root-ecdsa.pem"), "address": (machine.Board.host, server.port)}


def sessions_outlive_resets(version, board):
    with peers.openssl_server("server-ecdsa", version, mode="www") as server:
        code = visits(server)
        equal(board.run(code + "print(visit())"), "False")
        for reset in ("\x04", "import machine; machine.reset()\r"):
            board.enter(reset)
            equal(board.run(code + "print(visit(stored('session')))"), "True", "after a reset")
            equal(board.run(code + "print(visit(ssl.SSLSession(stored('sealed'), key)))"), "True", "sealed")


def from_elsewhere_with_clock_unset(version):
    """A session saved on this computer: the board's clock reads long before that."""
    with peers.nginx("server-ecdsa", version) as server, tempfile.NamedTemporaryFile() as file:
        file.write(bytes.fromhex(saved_here(server)))
        file.flush()
        told = mpy.run(visits(server) + "import time\nprint(time.gmtime()[0], visit(stored('session')))",
                       options=["--clock", "unset", "--put", file.name + ":/flash/session"]).check()
        equal(told.strip(), "1970 True")


def saved_here(server):
    mpy.use_board(None)
    try:
        return good(ask(server.address, verifying(), save=True))["session"]
    finally:
        mpy.use_board(BOARD)


def interrupted_read(board):
    with peers.openssl_server("server-ecdsa") as server:
        board.run("import socket, ssl\nss = ssl.wrap_socket(socket.socket())\n"
                  "ss.connect(%r)" % ((machine.Board.host, server.port),))
        board.send("print('waiting'); ss.read(1)\r")
        board.wait_for("waiting\n", start=board.seen)
        contains(board.enter("\x03"), "KeyboardInterrupt")
        server.send("more\n")
        equal(board.run("print(ss.read(5))"), "b'more\\n'")


def run_all():
    with case("DHCP"):
        dhcp()
    with case("/flash/cert, and a file put there"):
        flash()
    with case("/flash outlives soft and hard resets"):
        at_prompt(flash_outlives_resets)
    for version in ("1.2", "1.3"):
        with case("an unset clock is named, TLS " + version):
            clock_unset(version)
        with case("an unset clock is allowed, TLS " + version):
            clock_unset_and_allowed(version)
    with case("random numbers"):
        randomness()
    with case("a build without entropy says so"):
        no_entropy_is_said()
    for version in ("1.2", "1.3"):
        with case("soft reset in mid-connection, TLS " + version):
            at_prompt(lambda board, version=version: soft_reset(version, board))
    for version in ("1.2", "1.3"):
        with case("sessions in flash outlive resets, TLS " + version):
            at_prompt(lambda board, version=version: sessions_outlive_resets(version, board))
        with case("a session from another machine, with the clock unset, TLS " + version):
            from_elsewhere_with_clock_unset(version)
    with case("Ctrl-C in a read at the prompt"):
        at_prompt(interrupted_read)


if __name__ == "__main__":
    mpy.use_board(BOARD)
    run_all()
    end()
