"""Where a MicroPython test script runs: an interpreter here, or a board that QEMU emulates.

A machine has `host` and `name`, under which it finds the servers of this computer (None:
it has no name), `here`, its own address for servers of its own, and `files`, the folder
in which it sees this computer's files.
"""
import os
import signal
import socket
import subprocess
import time

LOOPBACK = "127.0.0.1"
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FIRMWARE = os.path.join(ROOT, "tools", "firmware.sh")
BOARDS = ("MPS2_AN385", "MPS2_AN500")


class Interpreter:
    """MicroPython as a program of this computer."""

    host = here = LOOPBACK
    name = "localhost"
    files = ""
    board = False

    def __init__(self, path):
        self.path = os.path.abspath(path)
        self.sanitized = "asan" in os.path.basename(path)

    def start(self, script, folder):
        """Run the script, which finds modules in the folder; its output is in stdout."""
        self.child = subprocess.Popen([self.path, script], env=self.environment(folder), cwd=folder,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)
        return self.child

    @staticmethod
    def environment(folder):
        env = dict(os.environ, MICROPYPATH=folder + ":.frozen")
        env.setdefault("ASAN_OPTIONS", "detect_leaks=1:detect_stack_use_after_return=0")
        env.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1")
        return env

    def interrupt(self):
        """Press Ctrl-C."""
        self.child.send_signal(signal.SIGINT)

    def open_port(self, port):
        """True when a server on this port of the machine can be reached at the same
        port of this computer's loopback."""
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
                return True
            except OSError:
                return False


class Monitor:
    """The emulator's command line, at a socket in the file system."""

    PROMPT = b"(qemu) "

    def __init__(self, path, timeout=10):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        end = time.monotonic() + timeout
        while self.sock.connect_ex(path):
            if time.monotonic() > end:
                raise OSError("the emulator's monitor does not answer at " + path)
            time.sleep(0.02)
        self.answer()

    def answer(self):
        text = b""
        while not text.endswith(self.PROMPT):
            part = self.sock.recv(4096)
            if not part:
                raise OSError("the emulator is gone: %r" % text)
            text += part
        return text

    def command(self, line):
        """What the emulator says to it; its echo of the line is taken off."""
        self.sock.sendall(line.encode() + b"\n")
        text = self.answer()[:-len(self.PROMPT)]
        return text.partition(b"\n")[2].decode().strip()


class Board:
    """The firmware, as built before, on an emulated board."""

    host, here = "10.0.2.2", "10.0.2.15"  # as QEMU's user network has them
    name = None
    files = "/host"
    board = True
    sanitized = False

    def __init__(self, name, heap=1 << 20):
        self.kind, self.heap = name, heap
        self.monitor = None

    def command(self, *words):
        return [FIRMWARE, "--built", "--board", self.kind, "--heap", str(self.heap)] + list(words)

    def start(self, script, folder):
        self.socket = os.path.join(folder, "monitor")
        self.child = subprocess.Popen(
            self.command("--path", folder, "--monitor", self.socket, script), cwd=folder, bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return self.child

    def interrupt(self):
        self.child.stdin.write(b"\x03")

    def open_port(self, port):
        self.monitor = self.monitor or Monitor(self.socket)
        return not self.monitor.command("hostfwd_add tcp:%s:%d-:%d" % (LOOPBACK, port, port))
