# A user's own judgement of the server's certificates.
# peers: tls12 tls13 other=tls,cert=other-server nosan=tls,cert=nosan
import gc
import hashlib
from harness import *

import ssl


def context(callback, mode=ssl.CERT_REQUIRED, trust=True):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.verify_mode = mode
    made.verify_callback = callback
    if trust:
        made.load_verify_locations(pki("root-ecdsa.pem"))
    return made


def connect(made, peer, name="localhost", **named):
    ss = made.wrap_socket(socket.socket(), server_hostname=name, **named)
    ss.connect(getattr(peers, peer))
    return ss


class Judge:
    def __init__(self, answer=0):
        self.answer = answer
        self.seen = []

    def __call__(self, cert, depth):
        self.seen.append((cert, depth))
        return self.answer


def sees_the_chain(peer):
    judge = Judge()
    ss = connect(context(judge), peer)
    exchange(ss)
    gc.collect()
    equal([depth for cert, depth in judge.seen], [2, 1, 0])
    names = ("root-ecdsa.der", "inter-ecdsa.der", "server-ecdsa.der")
    equal([bytes(cert) for cert, depth in judge.seen], [content(name) for name in names])
    ss.close()


for _peer in ("tls12", "tls13"):
    case("sees the chain, " + _peer, sees_the_chain, _peer)


def refuses(mode):
    forget()
    judge = Judge(1)
    ss = context(judge, mode).wrap_socket(socket.socket(), server_hostname="localhost")
    error = raises(ssl.SSLCertVerificationError, ss.connect, peers.tls13, contains="rejected")
    equal(error.verify_code, 50)
    equal(len(judge.seen), 1)
    raises(ssl.SSLCertVerificationError, ss.recv, 1, contains="rejected")
    ss.close()
    true("ACCESS_DENIED" in report("tls13")["end"], "the peer was not told")


case("refuses, REQUIRED", refuses, ssl.CERT_REQUIRED)
case("refuses, OPTIONAL", refuses, ssl.CERT_OPTIONAL)


@test
def required_asks_both():
    for peer in ("other", "tls13"):
        made = context(Judge(), trust=False)
        ss = made.wrap_socket(socket.socket(), server_hostname="localhost")
        raises(ssl.SSLCertVerificationError, ss.connect, getattr(peers, peer), contains="unknown issuer")
        ss.close()
    ss = context(Judge()).wrap_socket(socket.socket(), server_hostname="other.test")
    raises(ssl.SSLCertVerificationError, ss.connect, peers.tls13, contains="does not match")
    ss.close()


@test
def optional_leaves_it_to_the_callback():
    for trust in (True, False):
        for name in ("localhost", "other.test", None):
            judge = Judge()
            ss = connect(context(judge, ssl.CERT_OPTIONAL, trust), "other", name)
            exchange(ss)
            true(judge.seen, "not asked")
            ss.close()


@test
def pins_hold_whatever_it_says():
    for mode in (ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL):
        for pinned in ("server-ecdsa", "inter-ecdsa"):
            judge = Judge()
            made = context(judge, mode)
            made.pins = [hashlib.sha256(content(pinned + ".der")).digest()]
            exchange(connect(made, "tls13"))
            true(judge.seen, "not asked")
        made = context(Judge(), mode)
        made.pins = [bytes(32)]
        error = raises(ssl.SSLCertVerificationError, connect, made, "tls13", contains="not among the pinned")
        equal(error.verify_code, 50)
        made = context(Judge(1), mode)
        made.pins = [hashlib.sha256(content("server-ecdsa.der")).digest()]
        error = raises(ssl.SSLCertVerificationError, connect, made, "tls13", contains="rejected")
        equal(error.verify_code, 50)


@test
def not_asked_without_verification():
    judge = Judge(1)
    ss = connect(context(judge, ssl.CERT_NONE), "tls13")
    equal(judge.seen, [])
    ss.close()


class Mine(Exception):
    pass


@test
def exceptions_reach_the_caller():
    def callback(cert, depth):
        raise Mine("no")

    forget()
    ss = context(callback).wrap_socket(socket.socket(), server_hostname="localhost")
    raises(Mine, ss.connect, peers.tls12)
    raises(Mine, ss.recv, 1)
    ss.close()
    true("ACCESS_DENIED" in report("tls12")["end"], "the peer was not told")
    for answer in (None, "yes"):
        ss = context(Judge(answer)).wrap_socket(socket.socket(), server_hostname="localhost")
        raises(TypeError, ss.connect, peers.tls12, contains="verify_callback must give an int (0 to accept), not '")
        ss.close()


@test
def no_session_stands_for_it():
    plain = context(None)
    ss = connect(plain, "tls13")
    session = ssl.save_session(ss)
    ss.close()
    judge = Judge()
    made = context(judge)
    for _ in range(2):
        judge.seen = []
        ss = connect(made, "tls13", session=session)
        true(not ss.session_reused, "resumed")
        true(judge.seen, "not asked")
        exchange(ss)
        ss.close()
    ss = connect(context(Judge(), ssl.CERT_OPTIONAL), "tls13")
    session = ssl.save_session(ss)
    ss.close()
    ss = connect(plain, "tls13", session=session)
    true(not ss.session_reused, "a session of less verification was used")
    ss.close()


@test
def a_callback_may_use_tls_itself():
    def callback(cert, depth):
        ss = connect(context(None), "tls12")
        exchange(ss)
        ss.close()
        raises(OSError, lambda: holder[0].read(1))  # EBUSY
        return 0

    holder = [context(callback).wrap_socket(socket.socket(), server_hostname="localhost")]
    holder[0].connect(peers.tls13)
    exchange(holder[0])
    holder[0].close()


@test
def the_attribute():
    made = context(None)
    equal(made.verify_callback, None)
    judge = Judge()
    made.verify_callback = judge
    true(made.verify_callback is judge, "another")
    for wrong in (1, "x"):
        raises(TypeError, setattr, made, "verify_callback", wrong)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.verify_callback = judge
    true(server.verify_callback is judge, "another")
    ss = connect(made, "tls13")
    raises(ValueError, setattr, made, "verify_callback", None, contains="in use")
    ss.close()


run()
