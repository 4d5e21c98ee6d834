# Runs on MicroPython: a client that asks for records of LIMIT bytes, gets much data and
# prints what came.  The harness sets HOST PORT CA LOWEST VERSION LIMIT, CERT and KEY (or
# None), BUFFER (bytes to lend, or 0), AGAIN (0, or a limit for a second visit that
# resumes the first) and KIND: "http" asks for PATH, "echo" sends SIZE bytes and reads
# them back, "mqtt" publishes and receives a message of SIZE bytes.
import json
import socket
import ssl

DATA = b"".join(b"x%06d0123456789\n" % i for i in range(SIZE // 18))


def dial(limit, session=None):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(CA)
    ctx.maximum_version = getattr(ssl.TLSVersion, "TLSv" + VERSION.replace(".", "_"))
    ctx.minimum_version = getattr(ssl.TLSVersion, "TLSv" + LOWEST.replace(".", "_"))
    ctx.record_size_limit = limit
    if CERT:
        ctx.load_cert_chain(CERT, KEY)
    if BUFFER:
        ctx.record_buffer = bytearray(BUFFER)
    s = socket.socket()
    s.settimeout(10)
    s.connect(socket.getaddrinfo(HOST, PORT)[0][-1])
    return ctx.wrap_socket(s, server_hostname="localhost", session=session)


def http(ss):
    ss.sendall(b"GET %s HTTP/1.0\r\n\r\n" % PATH.encode())
    return ss.read().split(b"\r\n\r\n", 1)[1]


def echo(ss):
    ss.sendall(DATA)
    return ss.read(len(DATA))


def mqtt(ss):
    def packet(kind, body):
        ss.sendall(bytes([kind, len(body) & 127 | 128, len(body) >> 7 & 127 | 128, len(body) >> 14]) + body)

    packet(0x10, b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x04test")
    ss.read(4)
    packet(0x82, b"\x00\x01\x00\x01t\x00")
    ss.read(5)
    packet(0x30, b"\x00\x01t" + DATA)
    return ss.read(4 + 3 + len(DATA))[7:]


def visit(limit, session=None):
    ss = dial(limit, session)
    got = {"http": http, "echo": echo, "mqtt": mqtt}[KIND](ss)
    told = {"bytes": len(got), "same": got == DATA, "version": ss.version(), "reused": ss.session_reused}
    session = ss.session if AGAIN else None
    ss.close()
    return told, session


told, session = visit(LIMIT)
if AGAIN:
    told = visit(AGAIN, session)[0]
print(json.dumps(told))
