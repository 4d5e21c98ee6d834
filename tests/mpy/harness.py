# A very small test helper: cases, checks, and connections to the peers.
# Prints one line per case and exits non-zero if one failed.
import gc
import json
import os
import socket
import sys
import time

import peers

_cases = []


class Skip(Exception):
    pass


def test(function):
    # Decorator: the function is a case, named after itself.
    _cases.append((function.__name__, function, ()))
    return function


def case(name, function, *args):
    # One row of a table: the same function with other arguments.
    _cases.append((name, function, args))


def run():
    failed = 0
    for name, function, args in _cases:
        gc.collect()
        failed += not _run_one(name, function, args)
    sys.exit(1 if failed else 0)


def _run_one(name, function, args):
    try:
        function(*args)
    except Skip as skip:
        print("skip - %s: %s" % (name, skip))
    except BaseException as error:
        print("not ok - %s: %s" % (name, _one_line(error)))
        sys.print_exception(error, sys.stdout)
        return False
    else:
        print("ok - " + name)
    return True


def _one_line(error):
    return ("%s%r" % (type(error).__name__, error.args)).replace("\n", " ")


# ---- checks ----


def words(error):
    # All the text an exception carries.
    return " ".join([str(arg) for arg in error.args])


def raises(kind, function, *args, contains=(), errno=None, **named):
    # The call must raise kind; every text of contains must be in its words.
    try:
        result = function(*args, **named)
    except kind as error:
        for text in (contains,) if isinstance(contains, str) else contains:
            if text.lower() not in words(error).lower():
                raise AssertionError("%r is not in: %s" % (text, words(error)))
        if errno is not None and error.errno != errno:
            raise AssertionError("errno is %r, not %r: %s" % (error.errno, errno, words(error)))
        return error
    raise AssertionError("no %s, but %r" % (getattr(kind, "__name__", kind), result))


def equal(got, wanted):
    if got != wanted:
        raise AssertionError("%s, not %s" % (_short(got), _short(wanted)))


def _short(value):
    text = repr(value)
    return text if len(text) < 120 else "%s... (%d)" % (text[:100], len(value))


def true(value, why="not true"):
    if not value:
        raise AssertionError(why)


class Clock:
    # Seconds since it was made.
    def __init__(self):
        self.start = time.ticks_ms()

    def __call__(self):
        return time.ticks_diff(time.ticks_ms(), self.start) / 1000

    def between(self, low, high):
        # Generous bounds: they only show that a deadline held.
        now = self()
        if not low <= now <= high:
            raise AssertionError("took %.2f s, not %s to %s" % (now, low, high))


# ---- peers ----


def pki(name):
    return peers.PKI + name


def folder(name):
    # A folder of certificates, on a port that can list what is in it.
    try:
        os.listdir(pki(name))
    except OSError:
        raise Skip("folders of the emulator's host cannot be listed")
    return pki(name)


def content(name):
    with open(pki(name), "rb") as file:
        return file.read()


def sockaddr(address):
    # What the port's own sockets want for a (host, port) pair.
    return socket.getaddrinfo(address[0], address[1])[0][-1]


def refusal():
    # The errno of the port's own sockets for a connection that is refused.
    s = socket.socket()
    try:
        s.connect(sockaddr(peers.refused))
    except OSError as error:
        return error.errno
    finally:
        s.close()
    raise AssertionError("not refused")


def tcp(address):
    # A plain socket, connected.
    sock = socket.socket()
    sock.connect(sockaddr(address))
    return sock


def order(**request):
    # One request to the control port; see tests/mpy/host/stage.py.
    sock = tcp(peers.CONTROL)
    try:
        sock.write(json.dumps(request) + "\n")
        return json.loads(sock.readline())
    finally:
        sock.close()


def forget():
    order(do="forget")


def report(name):
    # What the peer saw of its next connection that ended.
    return order(do="report", name=name)


def call(address, **options):
    # Have a client connect to address; returns its own port.
    return order(do="call", port=address[1], **options)["port"]


def exchange(ss, text=b"hello over TLS"):
    # Prove that data flows both ways with an obedient peer.
    ss.write(b"echo %d\n" % len(text))
    ss.write(text)
    equal(ss.read(len(text)), text)


def told(ss):
    # What the obedient peer knows of this connection.
    ss.write(b"info\n")
    return json.loads(ss.readline())


def pattern(count):
    # The bytes an obedient peer sends for "send N".
    block = bytes(range(251))
    return block * (count // 251) + block[:count % 251]
