# One loop that never waits inside a call: connect, handshake, send, receive, all
# steered by select.poll. Other sockets, or other work, fit into the same loop.
#
#   build/micropython examples/nonblocking_poll.py HOST PORT CA
#
# Sends one line and prints what comes until the server closes or is silent for
# two seconds.
import errno
import select
import socket
import ssl
import sys

QUIET_MS = 2000


def start(host, port, ca):
    place = socket.getaddrinfo(host, port)[0]
    s = socket.socket(place[0])
    s.setblocking(False)
    try:
        s.connect(place[-1])
    except OSError as error:
        if error.errno != errno.EINPROGRESS:
            raise
    # A connect under way counts as connected, so the handshake would start here.
    return ssl.wrap_socket(
        s, cert_reqs=ssl.CERT_REQUIRED, ca_certs=ca, server_hostname=host, do_handshake=False
    )


def handshake(ss, poller):
    while True:
        try:
            return ss.do_handshake()
        except ssl.SSLWantReadError:
            poller.modify(ss, select.POLLIN)
        except ssl.SSLWantWriteError:
            poller.modify(ss, select.POLLOUT)
        if not poller.poll(QUIET_MS):
            raise OSError(errno.ETIMEDOUT)


def send(ss, poller, data):
    # write returns how much it took, None when nothing fits now.
    poller.modify(ss, select.POLLOUT)
    while data:
        data = data[ss.write(data) or 0:]
        if data and not poller.poll(QUIET_MS):
            raise OSError(errno.ETIMEDOUT)


def receive(ss, poller):
    # read returns None when there is nothing now, b"" at the end. What TLS has
    # decrypted already counts as readable, so no byte waits unseen.
    poller.modify(ss, select.POLLIN)
    while poller.poll(QUIET_MS):
        data = ss.read(512)
        if data == b"":
            return
        if data:
            print(data.decode(), end="")


def main(host, port, ca):
    ss = start(host, int(port), ca)
    poller = select.poll()
    poller.register(ss)
    try:
        handshake(ss, poller)
        print("%s, %s" % (ss.version(), ss.cipher()[0]))
        send(ss, poller, b"GET / HTTP/1.0\r\n\r\n")
        receive(ss, poller)
    finally:
        poller.unregister(ss)
        ss.close()


if len(sys.argv) != 4:
    print("usage: nonblocking_poll.py HOST PORT CA")
    sys.exit(2)
try:
    main(*sys.argv[1:])
except OSError as error:  # ssl.SSLError is one, too
    print("failed:", error)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
