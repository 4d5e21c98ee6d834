# Wrapped listeners: accept gives (SSLSocket, address), and bad clients harm nobody.
# peers: tls13 refused
import errno
import select
from serving import *

import ssl

def serve_one(ss, address, **options):
    forget()
    port = call(address, **options)
    conn, peer = ss.accept()
    true(isinstance(conn, ssl.SSLSocket), "accept gave a %s" % type(conn).__name__)
    equal(from_port(peer), port)
    equal(conn.server_side, True)
    exchange(conn)
    return conn


def served(late, kind, cert, **named):
    ss, address = listener(
        late, certfile=pki(cert + ".chain.pem"), keyfile=pki(cert + ".key"), **named)
    conn = serve_one(ss, address, kind=kind, verify="required")
    equal(told(conn)["version"], conn.version())
    conn.close()
    equal(report("call")["end"], "close_notify")
    ss.close()


for _late in (False, True):
    for _kind in ("tls12", "tls13"):
        for _cert in ("server-ecdsa", "server-rsa"):
            case("%s, %s, wrapped %s listen" % (_kind, _cert, "after" if _late else "before"),
                 served, _late, _kind, _cert)


@test
def address_of_the_same_form():
    plain, address = plain_listener()
    client = tcp(address)
    kind = type(plain.accept()[1])
    client.close()
    plain.close()
    ss, address = listener()
    call(address)
    conn, peer = ss.accept()
    equal(type(peer), kind)
    conn.close()
    ss.close()


@test
def bind_takes_what_getaddrinfo_gives():
    ss = ssl.wrap_socket(socket.socket(), **IDENTITY)
    address = free_address()
    ss.bind(sockaddr(address))
    ss.listen(1)
    conn = serve_one(ss, address)
    conn.close()
    ss.close()


@test
def listen_without_backlog():
    ss = ssl.wrap_socket(socket.socket(), **IDENTITY)
    address = free_address()
    ss.bind(address)
    ss.listen()
    serve_one(ss, address).close()
    ss.close()


@test
def several_connections_at_once():
    ss, address = listener()
    conns = [serve_one(ss, address) for _ in range(4)]
    for conn in conns:
        exchange(conn)
    ss.close()
    for conn in conns:
        exchange(conn)
        conn.close()


# ---- clients that fail ----


def bad_client(kind, late, within, **options):
    # accept raises, with the client's address in the error, and the next one is served.
    if kind == "torn" and peers.BOARD:
        raise Skip("lwIP's accept does not hear of a connection that is reset before")
    ss, address = listener(late, timeout=1)
    port = call(address, kind=kind, **options)
    clock = Clock()
    error = raises(OSError, ss.accept)
    clock.between(within[0], within[1])
    true(peers.HOST in words(error) and str(port) in words(error), words(error))
    serve_one(ss, address).close()
    ss.close()
    return error


# lwIP's sockets do not hear of an end that came before accept, or late.
AT_ONCE = (0, 2.5 if peers.BOARD else 0.8)
DEADLINE = (0.9, 2.5)
for _kind, _within in (("hangup", AT_ONCE), ("garbage", AT_ONCE), ("cut", AT_ONCE), ("torn", AT_ONCE),
                       ("silent", DEADLINE), ("trickle", DEADLINE), ("halfway", DEADLINE)):
    case("bad client: " + _kind, bad_client, _kind, False, _within)
    case("bad client, wrapped after listen: " + _kind, bad_client, _kind, True, _within)


@test
def client_that_does_not_trust_us():
    error = bad_client("tls13", False, AT_ONCE, verify="required", ca="other-root.pem")
    true("unknown" in words(error).lower() and "alert" in words(error).lower(), words(error))


@test
def slow_client_is_a_timeout():
    error = bad_client("silent", False, DEADLINE)
    true(isinstance(error, ssl.SSLTimeoutError), repr(error))
    equal(error.errno, errno.ETIMEDOUT)


@test
def version_not_in_common():
    ss, address = listener(ssl_version=ssl.PROTOCOL_TLSv1_3)
    call(address, kind="tls12")
    raises(ssl.SSLError, ss.accept, contains="version")
    serve_one(ss, address, kind="tls13").close()
    ss.close()


# ---- the handshake later ----


@test
def deferred():
    ss, address = listener(do_handshake=False)
    call(address, kind="silent")
    clock = Clock()
    silent, _ = ss.accept()
    clock.between(0, 0.5)
    forget()
    call(address)
    conn, _ = ss.accept()
    equal(conn.version(), None)
    conn.do_handshake()
    exchange(conn)
    conn.close()
    silent.close()
    ss.close()


@test
def deferred_to_first_io():
    ss, address = listener(do_handshake=False)
    call(address)
    conn, _ = ss.accept()
    exchange(conn)
    conn.close()
    ss.close()


@test
def deferred_and_failing():
    ss, address = listener(do_handshake=False, timeout=1)
    call(address, kind="garbage")
    conn, _ = ss.accept()
    raises(ssl.SSLError, conn.do_handshake)
    conn.close()
    serve_one(ss, address).close()
    ss.close()


@test
def without_identity():
    ss, address = listener(certfile=None, keyfile=None, do_handshake=False)
    call(address)
    conn, _ = ss.accept()
    raises(ValueError, conn.do_handshake, contains="cert")
    conn.close()
    ss.close()


# ---- waiting ----


@test
def accept_times_out():
    ss, address = listener()
    ss.settimeout(0.3)
    clock = Clock()
    raises(OSError, ss.accept, errno=errno.ETIMEDOUT)
    clock.between(0.2, 2)
    serve_one(ss, address).close()
    ss.close()


@test
def accept_does_not_block():
    ss, address = listener()
    ss.setblocking(False)
    raises(OSError, ss.accept, errno=errno.EAGAIN)
    ss.setblocking(True)
    serve_one(ss, address).close()
    ss.close()


@test
def poll_tells_of_a_client():
    ss, address = listener()
    poller = select.poll()
    poller.register(ss, select.POLLIN)
    equal(poller.poll(0), [])
    call(address)
    equal(poller.poll(2000)[0][1], select.POLLIN)
    ss.accept()[0].close()
    ss.close()


@test
def accepted_socket_is_blocking_of_itself():
    # A listener's timeout is not the connection's.
    ss, address = listener()
    ss.settimeout(5)
    conn = serve_one(ss, address)
    conn.settimeout(0.3)
    raises(OSError, conn.recv, 1, errno=errno.ETIMEDOUT)
    exchange(conn)
    conn.close()
    ss.close()


# ---- what a listener cannot do ----


@test
def listener_is_no_connection():
    ss, address = listener()
    for attempt in (lambda: ss.recv(1), lambda: ss.send(b"x"), lambda: ss.sendall(b"x"), ss.do_handshake):
        raises((OSError, ValueError), attempt)
    serve_one(ss, address).close()
    ss.close()


@test
def client_wrapper_does_not_accept():
    ss = ssl.wrap_socket(tcp(peers.tls13))
    raises((OSError, ValueError), ss.accept)
    exchange(ss)
    ss.close()


@test
def closed_listener():
    ss, address = listener()
    ss.close()
    ss.close()
    raises(OSError, ss.accept, errno=errno.EBADF)
    raises(OSError, tcp, address, errno=refusal())


@test
def accepted_plain_socket_wrapped_by_hand():
    s, address = plain_listener()
    for kind in ("tls12", "tls13"):
        forget()
        call(address, kind=kind)
        conn = ssl.wrap_socket(s.accept()[0], **IDENTITY)
        exchange(conn)
        conn.close()
        equal(report("call")["end"], "close_notify")
    s.close()


run()
