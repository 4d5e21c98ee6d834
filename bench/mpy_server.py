# Runs on MicroPython and on CPython, the same lines on both: a TLS server for one
# client at a time. The first line of stdin is JSON: host, port, cert, key, version and
# attributes of the context.
# A client's line is sent back and the connection closed, unless it says "keep" (then it
# stays open) or "hush" (then there is no answer, and the client closes).
import json
import socket
import ssl
import sys

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
# ussl sets it by itself; without it CPython would wait for acknowledgements.
IPPROTO_TCP, TCP_NODELAY = 6, 1


def listener(host, port, cert, key, version, attributes):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    for name, value in attributes.items():
        setattr(context, name, value)
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    s.bind(socket.getaddrinfo(host, port)[0][-1])
    s.listen(64)
    return context.wrap_socket(s, server_side=True)


def serve(listening, kept):
    ss = listening.accept()[0]
    line = ss.recv(100)
    if line.startswith(b"hush"):
        ss.recv(100)
    elif line:
        ss.sendall(line)
    if line == b"keep\n":
        kept.append(ss)
    else:
        ss.close()
    if line == b"drop\n":
        for ss in kept:
            ss.close()
        kept.clear()


def main():
    listening, kept = listener(**json.loads(sys.stdin.readline())), []
    print("ready")
    while True:
        try:
            serve(listening, kept)
        except OSError as error:  # a client that went away is its own affair
            print("client:", error)


main()
