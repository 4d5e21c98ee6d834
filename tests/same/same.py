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
    for name in ("SSLCertVerificationError", "SSLEOFError", "SSLWantReadError", "SSLError"):
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
