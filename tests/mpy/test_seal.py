# serialize(key) and SSLSession(data, key): saved sessions that are sealed.
# peers: tls12 tls13
from harness import *

import ssl

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))


def connect(peer, **named):
    ss = ssl.wrap_socket(socket.socket(), server_hostname="localhost", **named)
    ss.connect(getattr(peers, peer))
    return ss


def saved(peer):
    ss = connect(peer)
    session = ssl.save_session(ss)
    ss.close()
    return session


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


@both
def round_trip(peer):
    session = saved(peer)
    for data in (session.serialize(KEY), session.serialize(key=bytearray(KEY))):
        true(isinstance(data, bytes), repr(type(data)))
        for copy in (ssl.SSLSession(data, KEY), ssl.SSLSession(data=bytearray(data), key=memoryview(KEY))):
            equal(copy.serialize(), session.serialize())
            equal(copy, session)
        ss = connect(peer, saved_session=copy)
        equal(ss.session_reused, True)
        exchange(ss)
        ss.close()


@both
def nothing_shows(peer):
    session = saved(peer)
    data = session.serialize(KEY)
    true(b"localhost" in session.serialize())
    true(b"localhost" not in data)
    true(session.serialize(KEY) != data, "the same twice")
    equal(len(data) - len(session.serialize()), 31)


@both
def not_without_the_key(peer):
    session = saved(peer)
    data = session.serialize(KEY)
    raises(ValueError, ssl.SSLSession, data, contains="sealed")
    raises(ValueError, ssl.SSLSession, data, None, contains="sealed")
    raises(ValueError, ssl.wrap_socket, socket.socket(), saved_session=data, contains="sealed")
    raises(ValueError, ssl.SSLSession, data, OTHER, contains="another key")
    # A key means that it must be sealed: nobody can slip in a session of his own.
    raises(ValueError, ssl.SSLSession, session.serialize(), KEY, contains="not a sealed")


@test
def every_truncation():
    data = saved("tls13").serialize(KEY)
    for size in range(len(data)):
        raises(ValueError, ssl.SSLSession, data[:size], KEY)
    for more in (b"\0", data):
        raises(ValueError, ssl.SSLSession, data + more, KEY)


@test
def every_byte_altered():
    data = bytearray(saved("tls13").serialize(KEY))
    for place in range(len(data)):
        for change in (1, 0x80):
            data[place] ^= change
            raises(ValueError, ssl.SSLSession, data, KEY)
            data[place] ^= change
    ssl.SSLSession(data, KEY)


@test
def keys():
    session = saved("tls13")
    data = session.serialize(KEY)
    for wrong in (b"", KEY[:31], KEY + b"\0", bytes(16), bytes(64)):
        raises(ValueError, session.serialize, wrong, contains="32 bytes")
        raises(ValueError, ssl.SSLSession, data, wrong, contains="32 bytes")
    for wrong in ("x" * 32, 1, [], object()):
        raises(TypeError, session.serialize, wrong)
        raises(TypeError, ssl.SSLSession, data, wrong)
    equal(session.serialize(None), session.serialize())


run()
