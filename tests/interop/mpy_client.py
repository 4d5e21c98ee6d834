# Runs on MicroPython: a ussl client that connects, exchanges data, and does it
# again with the saved session.  The harness sets HOST PORT CA CERT KEY VERSION
# KIND LINES and prepends nothing else.  Prints one JSON list, a dict for each
# connection.
import json
import socket
import ssl

DATA = b"".join(b"x%06d0123456789\n" % i for i in range(LINES))


def dial(session):
    s = socket.socket()
    ss = ssl.wrap_socket(
        s,
        KEY,
        CERT,
        cert_reqs=ssl.CERT_REQUIRED,
        ca_certs=CA,
        server_hostname="localhost",
        saved_session=session,
        ssl_version=getattr(ssl, "PROTOCOL_TLSv" + VERSION.replace(".", "_")) if VERSION else 0,
    )
    ss.connect(socket.getaddrinfo(HOST, PORT)[0][-1])
    return ss


def take(ss, size):
    got = bytearray()
    while len(got) < size:
        part = ss.recv(min(4096, size - len(got)))
        if not part:
            break
        got += part
    return bytes(got)


def echo(ss):
    """Piece by piece, so that neither end waits for the other with full buffers."""
    for at in range(0, len(DATA), 15000):
        piece = DATA[at : at + 15000]
        ss.sendall(piece)
        if take(ss, len(piece)) != piece:
            return "echo differs near %d" % at
    return "good"


def duplex(ss):
    """The whole one way, then the whole back."""
    ss.sendall(DATA)
    back = take(ss, len(DATA))
    return "good" if back == DATA else "%d bytes back, or not the same" % len(back)


def ask(request, session, body=b""):
    ss = dial(session)
    ss.sendall(request.encode() + b"\r\n\r\n" + body)
    reply = ss.read()
    ss.close()
    return reply


def http(ss):
    """On this connection the server's view of it; on others, bulk both ways."""
    ss.sendall(b"GET / HTTP/1.0\r\n\r\n")
    reply = ss.read().decode()
    big = ask("GET /files/big HTTP/1.0", None)
    if not big.endswith(b"\r\n\r\n" + DATA):
        return "download differs"
    put = ask("POST /upload HTTP/1.0\r\nContent-Length: %d" % len(DATA), None, DATA)
    if b"received=%d" % len(DATA) not in put:
        return "upload: " + put.decode()
    return reply


def packet(kind, body):
    """An MQTT packet: kind, length in groups of seven bits, body."""
    size, head = len(body), bytearray((kind,))
    while True:
        head.append((size & 127) | (128 if size > 127 else 0))
        size >>= 7
        if not size:
            return bytes(head) + body


def receive(ss):
    kind = take(ss, 1)[0]
    size = shift = 0
    while True:
        digit = take(ss, 1)[0]
        size |= (digit & 127) << shift
        shift += 7
        if digit < 128:
            return kind & 0xF0, take(ss, size)


def mqtt(ss):
    """CONNECT, SUBSCRIBE, PUBLISH, and the message back from the broker."""
    ss.sendall(packet(0x10, b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x04ussl"))
    kind, body = receive(ss)
    if kind != 0x20 or body[1]:
        return "CONNACK %r" % body
    ss.sendall(packet(0x82, b"\x00\x01\x00\x05ussl/\x00"))
    kind, body = receive(ss)
    if kind != 0x90 or body[2] != 0:
        return "SUBACK %r" % body
    ss.sendall(packet(0x30, b"\x00\x05ussl/" + DATA))
    kind, body = receive(ss)
    ss.sendall(packet(0xE0, b""))
    return "good" if kind == 0x30 and body[7:] == DATA else "message differs"


def exchange(ss):
    return {"echo": echo, "duplex": duplex, "http": http, "mqtt": mqtt}[KIND](ss)


def visit(session):
    ss = dial(session)
    told = {"version": ss.version(), "cipher": ss.cipher()[0], "reused": ss.session_reused}
    session = ssl.save_session(ss)
    print("connected")
    told["data"] = exchange(ss)
    ss.close()
    return told, session


full, session = visit(None)
again, _ = visit(session)
print(json.dumps([full, again]))
