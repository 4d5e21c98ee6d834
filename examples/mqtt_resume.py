# An MQTT client that connects, says something, and sleeps; and resumes its TLS session
# each time but the first.
#
#   build/micropython examples/mqtt_resume.py HOST PORT CA TOPIC TIMES
#
# It subscribes to what it publishes, so that it sees what the broker makes of it. A resumed
# handshake costs a battery little, and does not look at the certificate again:
# so once a day it is a full one (see docs/sessions.md). MQTT 3.1.1.
import select
import socket
import ssl
import sys
import time

KEEP_ALIVE = 60  # seconds
FULL_EVERY = 86400  # seconds after which the broker has to show its certificate again


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


class Broker:
    def __init__(self, host, port, ca):
        self.host, self.port, self.ca = host, port, ca
        self.session, self.checked = None, 0.0

    def connect(self):
        place = socket.getaddrinfo(self.host, self.port)[0]
        s = socket.socket(place[0])
        s.settimeout(10)
        if time.time() - self.checked > FULL_EVERY:
            self.session = None
        self.ss = ssl.wrap_socket(s, cert_reqs=ssl.CERT_REQUIRED, ca_certs=self.ca, server_hostname=self.host,
                                  saved_session=self.session)
        try:
            self.ss.connect(place[-1])
            self.greet()
        except OSError:
            self.ss.close()
            raise

    def greet(self):
        if not self.ss.session_reused:
            self.checked = time.time()
        self.ss.write(packet(0x10, text("MQTT") + b"\x04\x02" + KEEP_ALIVE.to_bytes(2, "big") + text("ussl-resume")))
        self.expect(0x20, b"\x00\x00")  # CONNACK, accepted
        self.session = ssl.save_session(self.ss)  # the broker has spoken: its ticket is here

    def read(self, count):
        data = self.ss.read(count)
        if len(data) < count:
            raise OSError("the broker has closed the connection")
        return data

    def receive(self):
        # (kind, body) of the next packet
        kind, size, shift, more = self.read(1)[0], 0, 0, True
        while more:
            byte = self.read(1)[0]
            size |= (byte & 127) << shift
            shift, more = shift + 7, byte & 128
        return kind, self.read(size)

    def expect(self, kind, body):
        got = self.receive()
        if got != (kind, body):
            raise OSError("the broker said %r, not %r" % (got, (kind, body)))

    def subscribe(self, topic):
        self.ss.write(packet(0x82, b"\x00\x01" + text(topic) + b"\x00"))
        self.expect(0x90, b"\x00\x01\x00")  # SUBACK

    def publish(self, topic, message):
        self.ss.write(packet(0x30, text(topic) + message))

    def message(self, seconds):
        # What came for us within that time, or None. poll knows what TLS has buffered.
        poller = select.poll()
        poller.register(self.ss, select.POLLIN)
        if not poller.poll(seconds * 1000):
            return None
        kind, body = self.receive()
        return body[2 + int.from_bytes(body[:2], "big"):] if kind == 0x30 else b""

    def disconnect(self):
        self.ss.write(b"\xe0\x00")
        self.ss.close()


def main(host, port, ca, topic, times):
    broker = Broker(host, int(port), ca)
    for number in range(int(times)):
        broker.connect()
        how = "resumed" if broker.ss.session_reused else "full handshake"
        broker.subscribe(topic)
        broker.publish(topic, b"wake-up %d" % number)
        print("%s, %s: %s" % (how, broker.ss.version(), broker.message(5)))
        broker.disconnect()


if len(sys.argv) != 6:
    print("usage: mqtt_resume.py HOST PORT CA TOPIC TIMES")
    sys.exit(2)
try:
    main(*sys.argv[1:])
except OSError as error:  # ssl.SSLError is one, too
    print("failed:", error)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
