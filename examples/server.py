# A small HTTPS server: one client at a time, each told who it is.
#
#   build/micropython examples/server.py PORT CERT KEY [CLIENT_CA]
#
# CERT holds the server's chain, leaf first. With CLIENT_CA a client must show a
# certificate that one of its certificates has signed. Try it with:
#
#   curl --cacert ca.pem https://localhost:PORT/
import socket
import ssl
import sys


def listen(port, cert, key, client_ca):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(socket.getaddrinfo("0.0.0.0", port)[0][-1])
    s.listen(5)
    return ssl.wrap_socket(
        s,
        keyfile=key,
        certfile=cert,
        server_side=True,
        cert_reqs=ssl.CERT_REQUIRED if client_ca else ssl.CERT_NONE,
        ca_certs=client_ca,
        timeout=5,  # a client that stalls in its handshake is given up
    )


def common_name(cert):
    # subject is a tuple of RDNs, each a tuple of (name, value) pairs.
    for rdn in (cert or {}).get("subject", ()):
        for key, value in rdn:
            if key == "commonName":
                return value
    return "unknown"


def serve(ss):
    ss.settimeout(5)
    while ss.readline().strip():  # the request ends with an empty line
        pass
    reply = "hello %s, %s %s\n" % (common_name(ss.getpeercert()), ss.version(), ss.cipher()[0])
    ss.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(reply) + reply.encode())


def main(port, cert, key, client_ca=None):
    listener = listen(int(port), cert, key, client_ca)
    print("listening on port", port)
    while True:
        try:
            ss, address = listener.accept()
        except OSError as error:  # this client failed; the listener did not
            print("refused:", error)
            continue
        try:
            serve(ss)
        except OSError as error:
            print("lost:", error)
        ss.close()


if len(sys.argv) not in (4, 5):
    print("usage: server.py PORT CERT KEY [CLIENT_CA]")
    sys.exit(2)
try:
    main(*sys.argv[1:])
except OSError as error:  # ssl.SSLError is one, too
    print("failed:", error)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
