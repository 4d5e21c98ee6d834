# Ctrl-C during a call: KeyboardInterrupt at once, and nothing breaks by it.
# peers: tls12 tls13 none13=tls13,tickets=0 silent plain
# timeout: 90
from harness import *

import ssl


def interrupted(function, after=0.3):
    order(do="interrupt", after=after)
    clock = Clock()
    try:
        function()
        time.sleep(5)
    except KeyboardInterrupt:
        pass
    else:
        raise Skip("no Ctrl-C on this port")
    true(clock() < 3, "took %.1f s" % clock())


def both(function):
    for peer in ("tls12", "tls13"):
        case("%s, %s" % (function.__name__, peer), function, peer)
    return function


@both
def in_a_wait_for_data(peer):
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
    exchange(ss)
    interrupted(lambda: ss.recv(1))
    exchange(ss)
    interrupted(lambda: ss.read(10))
    exchange(ss)
    ss.close()


@test
def in_a_handshake():
    s = tcp(peers.silent)
    interrupted(lambda: ssl.wrap_socket(s))
    s.write(b"still open")
    s.close()


@test
def in_connect():
    s = socket.socket()
    ss = ssl.wrap_socket(s)
    interrupted(lambda: ss.connect(peers.silent))
    ss.close()
    ss = ssl.wrap_socket(s)
    ss.connect(peers.tls13)
    exchange(ss)
    ss.close()


@test
def in_a_wait_for_a_ticket():
    ss = ssl.wrap_socket(tcp(peers.none13))
    interrupted(lambda: ssl.save_session(ss))
    exchange(ss)
    ss.close()


@both
def in_the_middle_of_resuming(peer):
    # The sessions of a context are used and kept by connections that end anywhere.
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(pki("root-ecdsa.pem"))
    ctx.session_cache_size = 4

    def visit():
        ss = ctx.wrap_socket(tcp(getattr(peers, peer)), server_hostname="localhost", early_data=b"echo 2\nhi")
        equal(ss.read(2), b"hi")
        ssl.SSLSession(ss.session.serialize(bytes(32)), bytes(32))
        ss.close()

    def work():
        while True:
            visit()

    for turn in range(10):
        interrupted(work, 0.05 + 0.013 * turn)
        gc.collect()
    visit()
    true(ctx.session_stats()["hits"] > 0, "nothing was resumed")


def in_the_middle_of_work(peer):
    # Not in a wait but in the midst of cryptography: nothing may be left half done
    # that a later connection stumbles over.
    def work():
        while True:
            ss = ssl.wrap_socket(tcp(getattr(peers, peer)), cert_reqs=2, ca_certs=pki("root-ecdsa.pem"))
            exchange(ss, pattern(3000))
            ss.close()

    for turn in range(15):
        interrupted(work, 0.05 + 0.013 * turn)
        gc.collect()
    ss = ssl.wrap_socket(tcp(getattr(peers, peer)), cert_reqs=2, ca_certs=pki("root-ecdsa.pem"))
    exchange(ss)
    ss.close()


case("in the middle of work, TLS 1.2", in_the_middle_of_work, "tls12")
case("in the middle of work, TLS 1.3", in_the_middle_of_work, "tls13")


def in_the_middle_of_writing(peer):
    # The connection goes on, or it says that it cannot: never wrong data.
    for turn in range(10):
        ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
        data = pattern(16000)

        def work():
            while True:
                exchange(ss, data)

        interrupted(work, 0.05 + 0.007 * turn)
        try:
            ss.settimeout(0.5)
            ss.recv(10)
        except OSError:
            pass
        ss.close()


case("in the middle of writing, TLS 1.2", in_the_middle_of_writing, "tls12")
case("in the middle of writing, TLS 1.3", in_the_middle_of_writing, "tls13")


@both
def the_connection_goes_on(peer):
    # Ctrl-C comes between two operations: what was handed over arrives, whole.
    for turn in range(12):
        ss = ssl.wrap_socket(tcp(getattr(peers, peer)))
        ss.write(b"mirror\n")
        data = pattern(16000)

        def work():
            while True:
                ss.write(data)
                ss.read(len(data))

        interrupted(work, 0.05 + 0.007 * turn)
        ss.settimeout(5)
        mark = b"the end of it\n"
        ss.write(mark)
        got = b""
        while not got.endswith(mark):
            part = ss.recv(20000)
            true(part, "the peer is gone")
            got = got[-len(mark):] + part
        ss.close()


run()
