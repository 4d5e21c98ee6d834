# What programs do: the usual sequences of calls, whole, on both sides.
# differs: the file outlives its socket: MicroPython's sockets are their own files
from same import *
import select
import socket
import time

CA = PKI + "root-ecdsa.pem"


def beginning(waiting, talk):
    # A server thread: one client at a time, as the examples in CPython's documentation have it.
    def run():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(PKI + "direct.pem", PKI + "direct.key")
        sock, peer = waiting.accept()
        conn = context.wrap_socket(sock, server_side=True)
        conn.settimeout(5)
        try:
            return talk(conn)
        finally:
            try:
                conn.shutdown(2)
            except OSError:
                pass
            conn.close()
    return beside(run)


def echo(conn):
    total = 0
    data = conn.recv(1024)
    while data:
        conn.sendall(data)
        total += len(data)
        data = conn.recv(1024)
    return total


# ---- the client of the documentation ----

waiting, address = listener()
done = beginning(waiting, echo)
context = ssl.create_default_context(cafile=CA)
with context.wrap_socket(socket.socket(), server_hostname="localhost") as ssock:
    ssock.connect(address)
    cert = ssock.getpeercert()
    ssock.sendall(b"HEAD / HTTP/1.0\r\nHost: localhost\r\n\r\n")
    show("the documentation's client", (exactly(ssock, 36), ssock.version(), sorted(cert)))
show("the documentation's server", done())
waiting.close()

# ---- connect first, wrap then ----

waiting, address = listener()
done = beginning(waiting, echo)
sock = socket.socket()
sock.settimeout(5)
sock.connect(address)
conn = ssl.create_default_context(cafile=CA).wrap_socket(sock, server_hostname="localhost")
conn.sendall(b"hello")
show("wrapped after connect", exactly(conn, 5))
conn.close()
sock.close()
show("its server", done())
waiting.close()

# ---- HTTP/1.0: read to the end ----

BODY = b"x" * 50000


def http_server(conn):
    request = conn.makefile("rwb")
    lines = [request.readline()]
    while lines[-1] not in (b"\r\n", b""):
        lines.append(request.readline())
    request.write(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY))
    request.write(BODY)
    request.flush()
    return lines


def get(address):
    sock = socket.socket()
    sock.settimeout(5)
    conn = ssl.create_default_context(cafile=CA).wrap_socket(sock, server_hostname="localhost")
    conn.connect(address)
    conn.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
    return conn


waiting, address = listener()
done = beginning(waiting, http_server)
conn = get(address)
received = b""
while True:
    data = conn.recv(4096)
    if not data:
        break
    received += data
conn.close()
show("HTTP/1.0, recv to the end", (received[:17], len(received), done()))

done = beginning(waiting, http_server)
conn = get(address)
file = conn.makefile("rb")
headers = []
while True:
    line = file.readline()
    if line in (b"\r\n", b""):
        break
    headers.append(line)
show("HTTP/1.0, a file", (headers, len(file.read()), done()[0]))
file.close()
conn.close()

done = beginning(waiting, http_server)
conn = get(address)
file = conn.makefile("rb")
conn.close()
show("the file outlives its socket", outcome(file.readline))
outcome(file.close)
done()
waiting.close()

# ---- length and data ----


def framed_server(conn):
    seen = []
    while True:
        head = exactly(conn, 4)
        if len(head) < 4:
            return seen
        size = int.from_bytes(head, "big")
        frame = bytearray(size)
        view = memoryview(frame)
        have = 0
        while have < size:
            n = conn.recv_into(view[have:], size - have)
            if not n:
                return "cut"
            have += n
        seen.append(size)
        conn.sendall(head)
        conn.sendall(frame)


waiting, address = listener()
done = beginning(waiting, framed_server)
sock = socket.socket()
sock.settimeout(5)
conn = ssl.create_default_context(cafile=CA).wrap_socket(sock, server_hostname="localhost")
conn.connect(address)
back = []
for size in (1, 100, 16384, 16385, 70000):
    frame = bytes([size & 0xff]) * size
    conn.sendall(size.to_bytes(4, "big") + frame)
    back.append((int.from_bytes(exactly(conn, 4), "big"), exactly(conn, size) == frame))
conn.close()
show("frames", (back, done()))
waiting.close()

# ---- STARTTLS ----


def mail_server():
    sock, peer = waiting.accept()
    sock.settimeout(5)
    sock.send(b"220 ready\r\n")
    first = sock.recv(100)
    sock.send(b"220 go ahead\r\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PKI + "direct.pem", PKI + "direct.key")
    conn = context.wrap_socket(sock, server_side=True)
    second = exactly(conn, 6)
    conn.sendall(b"250 hello\r\n")
    plain = conn.unwrap()
    plain.send(b"250 plain again\r\n")
    plain.close()
    return first, second


waiting, address = listener()
done = beside(mail_server)
sock = socket.socket()
sock.settimeout(5)
sock.connect(address)
said = [sock.recv(100)]
sock.send(b"STARTTLS\r\n")
said.append(sock.recv(100))
conn = ssl.create_default_context(cafile=CA).wrap_socket(sock, server_hostname="localhost")
conn.sendall(b"EHLO\r\n")
said.append(exactly(conn, 11))
plain = conn.unwrap()
plain.settimeout(5)
said.append(exactly(plain, 17))
plain.close()
show("STARTTLS and back", (said, done()))
waiting.close()

# ---- a loop that never waits, with the Want errors ----


def wait_for(sock, event):
    poller = select.poll()
    poller.register(sock, event)
    return poller.poll(5000)


def patient(sock, call, *args):
    # As CPython's documentation says: until the call no longer wants anything.
    while True:
        try:
            return call(*args)
        except ssl.SSLWantReadError:
            wait_for(sock, select.POLLIN)
        except ssl.SSLWantWriteError:
            wait_for(sock, select.POLLOUT)


waiting, address = listener()
done = beginning(waiting, echo)
sock = socket.socket()
sock.connect(address)
sock.setblocking(False)
conn = ssl.create_default_context(cafile=CA).wrap_socket(sock, server_hostname="localhost", do_handshake_on_connect=False)
patient(conn, conn.do_handshake)
data = bytes(range(256)) * 400
sent, back = 0, b""
while len(back) < len(data):
    if sent < len(data):
        sent += patient(conn, conn.send, data[sent:sent + 3000])
    back += patient(conn, conn.recv, 3000)
show("a loop with the Want errors", (sent, back == data))
conn.close()
show("its echo", done())
waiting.close()

# ---- one server, several clients in a poll loop ----

waiting, address = listener()
context = server("direct.pem")
ends = []
for i in range(4):
    sock = socket.socket()
    sock.connect(address)
    sock.setblocking(False)
    ends.append(client().wrap_socket(sock, server_hostname="localhost", do_handshake_on_connect=False))
served = []
for i in range(4):
    sock, peer = waiting.accept()
    sock.setblocking(False)
    served.append(context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False))
finish(*(ends + served))
for i, end in enumerate(ends):
    end.send(b"client %d" % i)
heard = [None] * 4
for _ in range(200):
    for i, end in enumerate(served):
        got = outcome(end.recv, 100)
        if isinstance(got, bytes):
            heard[i] = got
            end.send(b"heard " + got)
    if all(heard):
        break
    time.sleep(0.01)
answers = [patient(end, end.recv, 100) for end in ends]
show("several clients", (sorted(heard), sorted(answers)))
for end in ends + served:
    end.close()
waiting.close()

# ---- retry after a refusal, with the same context ----

waiting, address = listener()
context = ssl.create_default_context(cafile=CA)
results = []
for name in ("example.com", "localhost", "example.com", "localhost"):
    done = beginning(waiting, echo)
    conn = context.wrap_socket(socket.socket(), server_hostname=name)
    conn.settimeout(5)
    try:
        conn.connect(address)
        conn.sendall(b"x")
        results.append(conn.recv(1))
    except ssl.SSLCertVerificationError as error:
        results.append((error.verify_code, error.reason))
    finally:
        conn.close()
    done()
show("a refusal does no harm to the next connection", results)
waiting.close()

# ---- in memory, as event loops do it ----


class Pipe:
    # An end that is fed with bytes and gives bytes.
    def __init__(self, context, **named):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self.incoming, self.outgoing, **named)
        self.ready, self.received, self.ended = False, b"", False

    def feed(self, data):
        if data:
            self.incoming.write(data)
        try:
            if not self.ready:
                self.object.do_handshake()
                self.ready = True
            while not self.ended:
                piece = self.object.read(1000)
                self.received += piece
                self.ended = not piece
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()


mine, theirs = Pipe(client(), server_hostname="localhost"), Pipe(server("direct.pem"), server_side=True)
data = mine.feed(b"")
while data:
    data = mine.feed(theirs.feed(data))
mine.object.write(b"a" * 40000)
theirs.feed(mine.outgoing.read())
theirs.object.write(b"b" * 40000)
for byte in theirs.outgoing.read():
    mine.feed(bytes([byte]))
outcome(mine.object.unwrap)
theirs.feed(mine.feed(b""))
show("in memory", (mine.ready, theirs.ready, len(theirs.received), len(mine.received), theirs.ended))
