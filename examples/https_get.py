# Fetch a page over HTTPS: certificate chain and host name are verified.
#
#   build/micropython examples/https_get.py HOST PORT CA [PATH]
#
# CA is a PEM or DER file with the certificates you trust, for instance
# /etc/ssl/certs/ca-certificates.crt on a Debian machine.
import socket
import ssl
import sys


def connect(host, port, ca):
    place = socket.getaddrinfo(host, port)[0]
    s = socket.socket(place[0])  # of the address's family: IPv4 or IPv6
    s.settimeout(10)  # bounds the TCP connect, and later each read and write
    ss = ssl.wrap_socket(
        s, cert_reqs=ssl.CERT_REQUIRED, ca_certs=ca, server_hostname=host, timeout=5
    )  # timeout bounds the whole TLS handshake
    try:
        ss.connect(place[-1])
    except OSError:
        ss.close()
        raise
    return ss


def get(ss, host, path):
    request = "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: ussl\r\n\r\n" % (path, host)
    ss.sendall(request.encode())
    status = ss.readline().decode().strip()
    while ss.readline().strip():  # headers end with an empty line
        pass
    return status, ss.read()  # the server closes after the body


def main(host, port, ca, path="/"):
    with connect(host, int(port), ca) as ss:
        print("%s, %s" % (ss.version(), ss.cipher()[0]))
        status, body = get(ss, host, path)
        print("%s, %d bytes" % (status, len(body)))
        print(body.decode())


if len(sys.argv) not in (4, 5):
    print("usage: https_get.py HOST PORT CA [PATH]")
    sys.exit(2)
try:
    main(*sys.argv[1:])
except ssl.SSLCertVerificationError as error:
    print("not trusted:", error.verify_message)
    sys.exit(1)
except OSError as error:  # ssl.SSLError is one, too
    print("failed:", error)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
