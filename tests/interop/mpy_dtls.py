# Runs on MicroPython: a ussl client of a DTLS server that answers every line. The harness sets
# HOST PORT CA CERT KEY PSK (a key in hexadecimal, or None), the MTU and how many VISITS, of which each offers the session of the one
# before. Prints "sent", and at its end a line of JSON, for each visit.
import json
import socket
import ssl


def context():
    ctx = ssl.SSLContext(ssl.PROTOCOL_DTLS_CLIENT)
    if PSK:
        ctx.psk_identity, ctx.psk_key = b"device", bytes.fromhex(PSK)
    ctx.load_verify_locations(CA)
    ctx.mtu = MTU
    if CERT:
        ctx.load_cert_chain(CERT, KEY)
    return ctx


def ask(ss):
    # Who needs an answer asks again, as with any datagram.
    for _ in range(4):
        ss.send(b"a line of ussl's\n")
        print("sent")
        try:
            return ss.recv(2000).decode()
        except OSError as error:
            if error.errno != 110:  # ETIMEDOUT
                raise
    return None


def visit(ctx, session):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.connect(socket.getaddrinfo(HOST, PORT)[0][-1])
    ss = ctx.wrap_socket(s, server_hostname="localhost", session=session, timeout=30)
    ss.settimeout(3)
    told = {"answer": ask(ss), "version": ss.version(), "cipher": ss.cipher()[0],
            "reused": ss.session_reused}
    session = ssl.save_session(ss) if VISITS > 1 else None
    ss.close()
    print(json.dumps(told))
    return session


ctx = context()
session = None
for _ in range(VISITS):
    session = visit(ctx, session)
