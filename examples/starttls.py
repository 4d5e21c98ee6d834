# Plain text first, then TLS on the same connection: SMTP's STARTTLS (RFC 3207).
#
#   build/micropython examples/starttls.py HOST PORT CA
#
# Asks a mail server what it offers, before and after the switch, and leaves.
import socket
import ssl
import sys


def reply(stream):
    # "250-one", "250-two", "250 last": the last line has no dash.
    lines = []
    while True:
        line = stream.readline()
        if not line:
            raise OSError("the server closed the connection")
        lines.append(line.decode().strip())
        if line[3:4] != b"-":
            return lines


def command(stream, words, code):
    if words:
        stream.write(words.encode() + b"\r\n")
    lines = reply(stream)
    if not lines[-1].startswith(code):
        raise OSError("%s: %s" % (words or "greeting", lines[-1]))
    return lines


def main(host, port, ca):
    place = socket.getaddrinfo(host, int(port))[0]
    s = socket.socket(place[0])
    s.settimeout(10)
    s.connect(place[-1])
    command(s, "", "220")
    print("plain:", command(s, "EHLO example", "250")[1:])
    command(s, "STARTTLS", "220")
    # s is connected, so the handshake runs here. If it fails, s stays open and
    # belongs to us, as before.
    ss = ssl.wrap_socket(
        s, cert_reqs=ssl.CERT_REQUIRED, ca_certs=ca, server_hostname=host, timeout=5
    )
    # What was said in plain text is not to be trusted: ask again.
    print("%s: %s" % (ss.version(), command(ss, "EHLO example", "250")[1:]))
    command(ss, "QUIT", "221")
    ss.close()


if len(sys.argv) != 4:
    print("usage: starttls.py HOST PORT CA")
    sys.exit(2)
try:
    main(*sys.argv[1:])
except OSError as error:  # ssl.SSLError is one, too
    print("failed:", error)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
