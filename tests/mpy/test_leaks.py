# Memory and descriptors after many connections, failures and refusals.
# peers: tls12 tls13 other=tls,cert=other-server garbage cut silent plain
# timeout: 180
import os
from harness import *

import ssl

PAGE = 4096


def resident():
    if peers.SANITIZED or peers.BOARD:
        return 0  # freed memory is kept aside, and leaks are found at the end; no process
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE


def descriptors():
    return 0 if peers.BOARD else len(os.listdir("/proc/self/fd"))


def measure():
    # MicroPython's heap, on a board all there is; the whole process, and descriptors.
    gc.collect()
    gc.collect()
    return gc.mem_alloc(), resident(), descriptors()


def steady(function, times):
    # A warm-up fills caches; then the second half may need no more than the first.
    for _ in range(times):
        function()
    heap, process, files = measure()
    for _ in range(times):
        function()
    heap2, process2, files2 = measure()
    true(heap2 - heap < 30000, "the heap grew by %d" % (heap2 - heap))
    true(process2 - process < 400000, "the process grew by %d" % (process2 - process))
    true(files2 - files < 5, "%d more descriptors" % (files2 - files))


def connection(peer):
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)), cert_reqs=2, ca_certs=pki("roots.pem"))
    exchange(ss)
    ss.close()


def resumption(peer):
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    ss.connect(getattr(peers, peer))
    session = ssl.save_session(ss)
    ss.close()
    ss = ssl.wrap_socket(s, saved_session=ssl.SSLSession(session.serialize()))
    ss.connect(getattr(peers, peer))
    equal(ss.session_reused, True)
    ss.close()


CACHING = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
CACHING.load_verify_locations(pki("root-ecdsa.pem"))
CACHING.session_cache_size = 3
KEY = bytes(range(32))


def from_the_cache(peer):
    ss = CACHING.wrap_socket(tcp(getattr(peers, peer)), server_hostname="localhost", early_data=b"echo 5\nearly")
    equal(ss.read(5), b"early")
    session = ssl.SSLSession(ss.session.serialize(KEY), KEY)
    raises(ValueError, ssl.SSLSession, session.serialize(KEY), bytes(32))
    raises(ValueError, ssl.SSLSession, session.serialize()[:-1])
    ss.close()
    true(CACHING.session_stats()["number"] <= 3)
    true(CACHING.memory()[0] < 12000, "the context holds %d bytes" % CACHING.memory()[0])


def refused_certificate():
    s = tcp(peers.other)
    raises(ssl.SSLError, ssl.wrap_socket, s, cert_reqs=2, ca_certs=pki("roots.pem"))
    s.close()


def broken_handshake():
    for peer in (peers.garbage, peers.cut):
        s = tcp(peer)
        raises(OSError, ssl.wrap_socket, s)
        s.close()


def timed_out():
    s = tcp(peers.silent)
    raises(OSError, ssl.wrap_socket, s, timeout=0.01)
    s.close()


def refused_arguments():
    s = socket.socket()
    for named in ({"cert_reqs": 9}, {"cert_reqs": 2, "ca_certs": pki("broken-middle.pem")},
                  {"certfile": pki("server-rsa.chain.pem"), "keyfile": pki("client-rsa.key")},
                  {"certfile": pki("server-rsa.chain.pem"), "keyfile": pki("garbage.bin")},
                  {"server_hostname": ""}, {"timeout": 0}, {"saved_session": b"bad"}):
        raises((OSError, ValueError), ssl.wrap_socket, s, **named)
    s.close()


def never_connected():
    ss = ssl.wrap_socket(socket.socket(), cert_reqs=2, ca_certs=pki("roots.pem"))
    ss.close()


def default_roots():
    os.putenv("SSL_CERT_FILE", pki("alt-many.pem"))
    os.putenv("SSL_CERT_DIR", pki("capath"))
    ssl.create_default_context().__del__()


def memory_bio():
    bio = ssl.MemoryBIO()
    bio.write(bytes(100000))
    bio.__del__()


if hasattr(os, "putenv"):
    case("default roots", steady, default_roots, 60)
case("MemoryBIO", steady, memory_bio, 60)
case("connections, TLS 1.2", steady, lambda: connection("tls12"), 40)
case("connections, TLS 1.3", steady, lambda: connection("tls13"), 40)
case("resumptions, TLS 1.2", steady, lambda: resumption("tls12"), 30)
case("resumptions, TLS 1.3", steady, lambda: resumption("tls13"), 30)
case("the cache, sealed sessions, early data, TLS 1.2", steady, lambda: from_the_cache("tls12"), 30)
case("the cache, sealed sessions, early data, TLS 1.3", steady, lambda: from_the_cache("tls13"), 30)
case("refused certificates", steady, refused_certificate, 40)
case("broken handshakes", steady, broken_handshake, 30)
case("handshakes that timed out", steady, timed_out, 40)
case("refused arguments", steady, refused_arguments, 40)
case("never connected", steady, never_connected, 60)

run()
