# Publish one MQTT message to a broker that wants a client certificate.
#
#   build/micropython examples/mqtt_mutual.py HOST PORT CA CERT KEY TOPIC MESSAGE
#
# Both ends prove who they are: the broker's chain and name are checked against CA,
# CERT and KEY are ours. MQTT 3.1.1, quality of service 1: the broker confirms.
import socket
import ssl
import sys


def connect(host, port, ca, cert, key):
    place = socket.getaddrinfo(host, port)[0]
    s = socket.socket(place[0])
    s.settimeout(10)
    ss = ssl.wrap_socket(
        s,
        keyfile=key,
        certfile=cert,
        cert_reqs=ssl.CERT_REQUIRED,
        ca_certs=ca,
        server_hostname=host,
        timeout=5,
    )
    try:
        ss.connect(place[-1])
    except OSError:
        ss.close()
        raise
    return ss


def text(words):
    data = words.encode()
    return len(data).to_bytes(2, "big") + data


def packet(kind, body):
    # The length goes out in groups of seven bits, the lowest first.
    size, left = b"", len(body)
    while left > 127:
        size += bytes([left & 127 | 128])
        left >>= 7
    return bytes([kind]) + size + bytes([left]) + body


def expect(ss, reply):
    # In TLS 1.3 a broker that refuses our certificate says so here: its alert
    # comes after our own handshake is done.
    got = ss.read(len(reply))
    if got != reply:
        raise OSError("the broker said %r, not %r" % (got, reply))


def publish(ss, topic, message):
    ss.write(packet(0x10, text("MQTT") + b"\x04\x02\x00\x3c" + text("ussl-example")))
    expect(ss, b"\x20\x02\x00\x00")  # CONNACK, accepted
    ss.write(packet(0x32, text(topic) + b"\x00\x01" + message.encode()))
    expect(ss, b"\x40\x02\x00\x01")  # PUBACK
    ss.write(b"\xe0\x00")  # DISCONNECT


def main(host, port, ca, cert, key, topic, message):
    with connect(host, int(port), ca, cert, key) as ss:
        publish(ss, topic, message)
        print("published over %s, %s" % (ss.version(), ss.cipher()[0]))


if len(sys.argv) != 8:
    print("usage: mqtt_mutual.py HOST PORT CA CERT KEY TOPIC MESSAGE")
    sys.exit(2)
try:
    main(*sys.argv[1:])
except OSError as error:  # ssl.SSLError is one, too
    print("failed:", error)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
