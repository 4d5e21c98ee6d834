# What the scripts here share, under CPython and MicroPython alike.
import sys

import ssl

PKI = sys.argv[1]


def show(name, value):
    # One fact; the runner compares what both have shown under this name. Dictionaries have no
    # order in MicroPython.
    print("%s = %s" % (name, text(value)))


def text(value):
    if isinstance(value, dict):
        return "{%s}" % ", ".join(["%r: %s" % (key, text(value[key])) for key in sorted(value)])
    if isinstance(value, (tuple, list)):
        return ("(%s)" if isinstance(value, tuple) else "[%s]") % ", ".join([text(one) for one in value])
    return ascii(value) if sys.implementation.name == "cpython" else repr(value)


def outcome(function, *args, **named):
    # What the call returned, or the class of its exception.
    try:
        return function(*args, **named)
    except Exception as error:
        return kind(error)


def kind(error):
    for name in ("SSLCertVerificationError", "SSLEOFError", "SSLWantReadError", "SSLWantWriteError", "SSLZeroReturnError",
                 "SSLSyscallError", "SSLError"):
        if isinstance(error, getattr(ssl, name)):
            return name
    for family in (ValueError, OSError):
        if isinstance(error, family):
            return family.__name__
    return type(error).__name__


def setenv(name, value):
    # So that C code sees it, and Python.
    import os
    if hasattr(os, "environ"):
        os.environ[name] = value
    else:
        os.putenv(name, value)


def server(cert, key="direct.key"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PKI + cert, PKI + key)
    return context


def client(ca="root-ecdsa.pem"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca:
        context.load_verify_locations(PKI + ca)
    return context


def pair(client_context, server_context, name="localhost"):
    # Both ends after their handshake, in memory; the first error of either is raised.
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    c = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    s = server_context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [c, s]
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
        if not waiting:
            return c, s
    raise AssertionError("no end of the handshake")


# ---- sockets ----


def listener(where="127.0.0.1"):
    # A listening socket and its address. MicroPython's sockets do not tell the port that the system
    # has chosen: one below those is tried.
    import os
    import socket
    for _ in range(100):
        port = 20000 + int.from_bytes(os.urandom(2), "little") % 12000
        address = socket.getaddrinfo(where, port)[0][-1]
        sock = socket.socket()
        try:
            sock.bind(address)
            sock.listen(5)
            return sock, address
        except OSError:
            sock.close()
    raise OSError("no free port")


def tcp():
    # Both ends of a TCP connection.
    import socket
    waiting, address = listener()
    c = socket.socket()
    c.connect(address)
    s = waiting.accept()[0]
    waiting.close()
    return c, s


def finish(*ends):
    # The handshakes of ends that do not wait, in turns.
    import time
    waiting = list(ends)
    for _ in range(2000):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
        if not waiting:
            return
        time.sleep(0.001)
    raise AssertionError("no end of the handshake")


def linked(client_context=None, server_context=None, name="localhost", **named):
    # Both ends of a TLS connection over TCP, with five seconds for each call.
    c, s = tcp()
    c.setblocking(False)
    s.setblocking(False)
    tls_c = (client_context or client()).wrap_socket(c, server_hostname=name, do_handshake_on_connect=False, **named)
    tls_s = (server_context or server("direct.pem")).wrap_socket(s, server_side=True, do_handshake_on_connect=False)
    finish(tls_c, tls_s)
    tls_c.settimeout(5)
    tls_s.settimeout(5)
    # A close of a socket that has not read its tickets would reset the connection.
    tls_s.sendall(b"!")
    tls_c.recv(1)
    return tls_c, tls_s


def exactly(end, n):
    # n bytes, or fewer at the end.
    got = b""
    while len(got) < n:
        piece = end.recv(n - len(got))
        if not piece:
            break
        got += piece
    return got


def beside(function, *args):
    # Runs function in another thread; what is returned waits for its end and gives its outcome.
    import _thread
    result = []
    done = _thread.allocate_lock()
    done.acquire()

    def run():
        result.append(outcome(function, *args))
        done.release()

    def wait():
        with done:
            return result[0]

    _thread.start_new_thread(run, ())
    return wait
