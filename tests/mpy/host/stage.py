"""The listeners, callers and reports behind one MicroPython test script.

A script names its servers in a comment, `# peers: tls13 silent old=tls12,cert=expired`:
words NAME[=KIND][,OPTION=VALUE...].  Each becomes a listener on a free port of
127.0.0.1.  One more port, the control port, takes a line of JSON per request:

    {"do": "forget"}                             drops all reports so far
    {"do": "report", "name": N}                  waits for N's next finished connection
    {"do": "free_port"}                          finds a port for a server of the test
    {"do": "release"}                            one peer that holds goes on
    {"do": "interrupt", "after": S}              presses Ctrl-C in S seconds, where it can
    {"do": "sign", "key": N, "hash": H}          what a secure element with the key N makes of
                                                 a hash, both in hexadecimal
    {"do": "call", "port": P, "kind": K, ...}    connects there as a client of kind K;
                                                 its report has the name "call"
"""
import json
import os
import random
import socket
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(os.path.dirname(HERE)), "support")]

import hostile
import obedient
from machine import LOOPBACK



class Reports:
    """What peers saw, in the order in which their connections ended."""

    def __init__(self):
        self.changed = threading.Condition()
        self.ended = []
        self.era = 0

    def forget(self):
        with self.changed:
            self.ended.clear()
            self.era += 1

    def add(self, era, report):
        with self.changed:
            if era == self.era:
                self.ended.append(report)
                self.changed.notify_all()

    def take(self, name, timeout):
        with self.changed:
            self.changed.wait_for(lambda: self.first(name), timeout)
            report = self.first(name)
            if report:
                self.ended.remove(report)
            return report or {"name": name, "end": "no connection has ended"}

    def first(self, name):
        return next((report for report in self.ended if report["name"] == name), None)


def in_thread(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()


def listener(backlog=64):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((LOOPBACK, 0))
    sock.listen(backlog)
    return sock


class Stage:
    def __init__(self, pki, where):
        self.pki = pki + os.sep
        self.reports = Reports()
        self.kept = []  # sockets that only have to exist
        self.ports = {}
        self.machine = where  # that runs the script

    def open(self, words):
        """Start what a `# peers:` line asks for."""
        for word in words:
            name, options = parse(word)
            special = getattr(self, "open_" + options["kind"], None)
            self.ports[name] = special() if special else self.serve(name, options)
        self.ports["CONTROL"] = self.control()

    def open_refused(self):
        """A port nobody listens on: bound, so that nobody else gets it."""
        sock = socket.socket()
        sock.bind((LOOPBACK, 0))
        self.kept.append(sock)
        return sock.getsockname()[1]

    def open_full(self):
        """A listener whose queue is full, so that connecting takes for ever."""
        sock = listener(0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(sock.getsockname())
            self.kept.append(filler)
        self.kept.append(sock)
        return sock.getsockname()[1]

    def serve(self, name, options):
        sock = listener()
        context = obedient.context(self.pki, "server", **options)
        in_thread(self.accept, sock, name, options, context)
        return sock.getsockname()[1]

    def accept(self, sock, name, options, context):
        while True:
            conn, address = sock.accept()
            report = {"name": name, "role": "server", "from": address[1]}
            in_thread(self.run, conn, report, options, context)

    def run(self, conn, report, options, context):
        era = self.reports.era
        play(conn, report, options, context)
        self.reports.add(era, report)

    def control(self):
        sock = listener()
        in_thread(self.accept_control, sock)
        return sock.getsockname()[1]

    def accept_control(self, sock):
        while True:
            in_thread(self.answer, sock.accept()[0])

    def answer(self, conn):
        with conn, conn.makefile("rw") as lines:
            for line in lines:
                request = json.loads(line)
                reply = getattr(self, "do_" + request.pop("do"))(**request)
                lines.write(json.dumps(reply) + "\n")
                lines.flush()

    def do_forget(self):
        self.reports.forget()
        return {}

    def do_report(self, name, timeout=15):
        return self.reports.take(name, timeout)

    def do_release(self):
        obedient.go_on.release()
        return {}

    def do_interrupt(self, after):
        press = threading.Timer(after, self.machine.interrupt)
        press.daemon = True
        press.start()
        return {}

    def do_free_port(self):
        """Below the range from which the kernel gives ports to others."""
        while True:
            port = random.randrange(20000, 30000)
            if self.machine.open_port(port):
                return {"port": port}

    def do_sign(self, key, hash):
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.pki + key + ".key"],
                              input=bytes.fromhex(hash), stdout=subprocess.PIPE, check=True)
        return {"signature": done.stdout.hex()}

    def do_call(self, port, **options):
        options.setdefault("kind", "tls")
        context = obedient.context(self.pki, "client", **options)
        conn = socket.create_connection((LOOPBACK, port), 10)
        port = conn.getsockname()[1]
        report = {"name": "call", "role": "client", "from": port}
        in_thread(self.run, conn, report, options, context)
        return {"port": port}


def parse(word):
    """"old=tls12,cert=expired" -> "old", {"kind": "tls12", "cert": "expired"}."""
    name, _, rest = word.partition("=")
    first, *others = rest.split(",") if rest else [name]
    if "=" in first:
        raise ValueError("peers: %s: the kind comes first" % word)
    options = dict(item.split("=", 1) for item in others)
    options["kind"] = first
    return name, options


def play(conn, report, options, context):
    """Be the peer the options describe, for one connection, and close it."""
    kind = options["kind"]
    try:
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if kind in hostile.KINDS:
            extra = {key: options[key] for key in ("after", "code", "step", "what") if key in options}
            hostile.KINDS[kind](conn, report, context=context, **extra)
        else:
            threading.Event().wait(float(options.get("delay", 0)))
            peer = obedient.Obedient(conn, report, context)
            peer.run(options.get("server_name"))
            conn = peer.sock
    except Exception as error:  # a report is worth more than a dead thread
        report["end"] = repr(error)
    finally:
        conn.close()
