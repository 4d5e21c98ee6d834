# Runs on MicroPython: a ussl server on a wrapped listener.  The harness sets
# HOST PORT CERT KEY CLIENT_CA VERSION, KIND ("echo" or "http"), TICKET_KEYS (hexadecimal)
# and CONTEXT: attributes of an SSLContext to serve with, if any.  Prints "ready", then one line of JSON for every
# client.
import json
import socket
import ssl

BIG = b"".join(b"x%06d0123456789\n" % i for i in range(7000))


def wrapped_by_context(s):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(CERT, KEY)
    for name, value in CONTEXT.items():
        setattr(ctx, name, value)
    return ctx.wrap_socket(s, server_side=True)


def listener():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ls = wrapped_by_context(s) if CONTEXT else ssl.wrap_socket(
        s,
        KEY,
        CERT,
        server_side=True,
        cert_reqs=ssl.CERT_REQUIRED if CLIENT_CA else ssl.CERT_NONE,
        ca_certs=CLIENT_CA,
        ssl_version=getattr(ssl, "PROTOCOL_TLSv" + VERSION.replace(".", "_")) if VERSION else 0,
    )
    if TICKET_KEYS:
        ls.context.set_ticket_keys([bytes.fromhex(key) for key in TICKET_KEYS])
    ls.bind((HOST, PORT))
    ls.listen(5)
    return ls


def echo(ss):
    total = 0
    while True:
        data = ss.recv(4096)
        if not data:
            return total
        total += len(data)
        ss.sendall(data)


def http(ss):
    """Just enough for a real client: GET gives BIG, POST tells what arrived."""
    first = ss.readline()
    size = 0
    while True:
        line = ss.readline()
        if line in (b"\r\n", b""):
            break
        if line.lower().startswith(b"content-length:"):
            size = int(line.split(b":")[1])
    if first.startswith(b"POST"):
        body = ss.read(size)
        answer = b"received=%d\n" % len(body) if body == BIG[:size] else b"differs\n"
    else:
        answer = BIG
    ss.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(answer))
    ss.sendall(answer)
    return size


def serve(ls):
    ss, _ = ls.accept()
    told = {"version": ss.version(), "cipher": ss.cipher()[0], "reused": ss.session_reused,
            "peer": ss.peer_cert_sha256 and ss.peer_cert_sha256.hex(),
            "early": ss.early_data_accepted}
    ss.settimeout(20)
    try:
        told["bytes"] = (echo if KIND == "echo" else http)(ss)
    finally:
        ss.close()
    return told


def main():
    ls = listener()
    print("ready")
    while True:
        try:
            told = serve(ls)
        except OSError as error:
            told = {"error": str(error), "kind": type(error).__name__}
        print(json.dumps(told))


main()
