# Programs that call socket and ssl in the order that libraries in the field do.
# Variables: CASE HOST PORT CA CERT KEY VERSION
import _thread
import errno
import select
import socket
import time

import ssl

ADDRESS = socket.getaddrinfo(HOST, PORT)[0][-1]
NAME = "ussl-sequence"
PROTOCOL = ssl.PROTOCOL_TLSv1_2 if VERSION == "1.2" else ssl.PROTOCOL_TLSv1_3


def check(value, why):
    if not value:
        raise AssertionError(why)


def verified(sock, **more):
    return ssl.wrap_socket(sock, ssl_version=PROTOCOL, cert_reqs=ssl.CERT_REQUIRED, ca_certs=CA, server_hostname=HOST, **more)


# ---- MQTT, as much as the cases need ----


def text(words):
    return len(words).to_bytes(2, "big") + words.encode()


def packet(kind, body):
    size, left = b"", len(body)
    while left > 127:
        size += bytes([left & 127 | 128])
        left >>= 7
    return bytes([kind]) + size + bytes([left]) + body


def hello(name=NAME, will=None):
    flags = 0x02 if will is None else 0x06
    return packet(0x10, text("MQTT") + bytes([4, flags, 0, 60]) + text(name)
                  + (b"" if will is None else text(will) + text("gone")))


def length(read):
    size = shift = 0
    while True:
        byte = read(1)[0]
        size |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            return size


def packet_from(ss):
    kind = ss.read(1)
    return kind[0], ss.read(length(ss.read))


def begin(ss, topic, **more):
    ss.write(hello(**more))
    check(packet_from(ss) == (0x20, b"\x00\x00"), "CONNACK")
    ss.write(packet(0x82, b"\x00\x01" + text(topic) + b"\x01"))
    check(packet_from(ss)[0] == 0x90, "SUBACK")


# ---- Pycom's style ----


def poll_then_one_byte():
    # A timeout on the plain socket, wrapped, connected; then for each message: poll, one byte
    # without blocking, where an empty answer and EAGAIN both mean "nothing", the rest blocking.
    sock = socket.socket()
    sock.settimeout(30)
    ss = ssl.wrap_socket(sock, keyfile=KEY, certfile=CERT, cert_reqs=ssl.CERT_REQUIRED, ca_certs=CA,
                         ssl_version=PROTOCOL)
    ss.connect(ADDRESS)
    poller = select.poll()
    poller.register(ss, select.POLLIN)

    def first_byte():
        ss.setblocking(False)
        try:
            return ss.recv(1)
        except OSError as error:
            check(error.errno == errno.EAGAIN, repr(error))
            return b""
        finally:
            ss.setblocking(True)

    def receive():
        end = time.time() + 10
        while time.time() < end:
            if poller.poll(1000):
                byte = first_byte()
                if byte:
                    return byte[0], rest()
        raise AssertionError("nothing came")

    def rest():
        size, data = length(ss.recv), b""
        while len(data) < size:
            data += ss.recv(size - len(data))
        return data

    check(first_byte() == b"", "a byte out of nowhere")
    ss.write(hello())
    check(receive() == (0x20, b"\x00\x00"), "CONNACK")
    ss.write(packet(0x82, b"\x00\x01" + text("pycom/#") + b"\x00"))
    check(receive()[0] == 0x90, "SUBACK")
    for number in range(5):
        ss.write(packet(0x30, text("pycom/x") + b"message %d" % number + bytes(3000)))
        check(receive()[1][9:18] == b"message %d" % number, "message %d" % number)
    ss.write(b"\xe0\x00")
    ss.close()


def reader_thread():
    # A thread reads, the main one writes, then disconnects under the reader.
    ss = verified(socket.socket(), timeout=10)
    ss.connect(ADDRESS)
    begin(ss, "thread/#")
    ss.settimeout(0.05)
    turn, got, ended = _thread.allocate_lock(), [], []

    def read():
        try:
            while True:
                with turn:
                    try:
                        data = ss.recv(1000)
                    except OSError as error:
                        if error.errno != errno.ETIMEDOUT:
                            raise
                        continue
                if not data:
                    break
                got.append(data)
        except OSError as error:
            ended.append(error.errno)
        else:
            ended.append(None)

    _thread.start_new_thread(read, ())
    for number in range(10):
        with turn:
            ss.write(packet(0x30, text("thread/x") + b"%d" % number))
        time.sleep(0.02)
    wait_for(lambda: len(b"".join(got)) >= 10 * 13)
    ss.close()  # without asking the reader
    wait_for(lambda: ended)
    check(ended == [errno.EBADF], repr(ended))


def wait_for(condition):
    end = time.time() + 10
    while not condition():
        check(time.time() < end, "it did not come")
        time.sleep(0.01)


def wrap_after_connect():
    # Wrapped once it is connected, with nothing but the socket: an update that is fetched.
    s = socket.socket()
    s.connect(ADDRESS)
    s = ssl.wrap_socket(s)
    s.write(b"GET /files/update HTTP/1.0\r\n")
    s.sendall(b"Host: %s\r\n\r\n" % HOST)
    check(s.readline().split()[1] == b"200", "status")
    while s.readline() not in (b"\r\n", b""):
        pass
    data, block = 0, bytearray(1024)
    while True:
        got = s.readinto(block)
        if not got:
            break
        data += got
    check(data == 100000, "%d bytes" % data)
    s.close()


# ---- the style of small MQTT clients for MicroPython ----


def look_for_messages():
    # Keywords passed through to wrap_socket; "anything there?" by a byte without blocking.
    params = {"ssl_version": PROTOCOL, "cert_reqs": ssl.CERT_REQUIRED, "ca_certs": CA, "server_hostname": HOST}
    sock = socket.socket()
    sock.settimeout(10)
    sock.connect(ADDRESS)
    sock = ssl.wrap_socket(sock, **params)
    begin(sock, "look/#")
    sock.setblocking(False)
    check(sock.read(1) is None, "a byte out of nowhere")
    sock.setblocking(True)
    sock.write(b"\xc0\x00")
    check(packet_from(sock) == (0xd0, b""), "PINGRESP")
    message = packet(0x30, text("look/x") + bytes(20000))
    sock.write(message, 4)
    sock.write(memoryview(message)[4:])
    kind, body = packet_from(sock)
    check(len(body) == 8 + 20000 + (2 if kind & 6 else 0), "message of %d" % len(body))
    sock.write(b"\xe0\x00")
    sock.close()


def will_and_resumption():
    # One client vanishes and the other gets its will; it comes back with the session it had.
    watcher = verified(socket.socket())
    watcher.connect(ADDRESS)
    begin(watcher, "will/+", name="watcher")
    session, s = None, socket.socket()
    for turn in range(3):
        ss = verified(s, saved_session=session)
        ss.connect(ADDRESS)
        begin(ss, "other", name="vanishing", will="will/x")
        check(ss.session_reused == (turn > 0), "resumed %r in turn %d" % (ss.session_reused, turn))
        check(ss.version() == "TLSv" + VERSION, ss.version())
        session = ssl.save_session(ss)
        ss.close()  # no DISCONNECT
        check(b"gone" in packet_from(watcher)[1], "will %d" % turn)
    watcher.close()


# ---- the style of HTTP clients over asyncio ----


def pages_over_asyncio():
    import asyncio

    async def get(context, path):
        reader, writer = await asyncio.open_connection(HOST, PORT, ssl=context)
        await writer.awrite(b"GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path, HOST))
        check((await reader.readline()).split()[1] == b"200", "status")
        while True:
            line = await reader.readline()
            if line == b"\r\n":
                break
        body = await reader.read(-1)
        await writer.aclose()
        return body

    async def main():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(CA)
        bodies = await asyncio.gather(*[get(context, b"/files/update") for _ in range(5)])
        check([len(body) for body in bodies] == [100000] * 5, "bodies")
        check(b"protocol=TLS" in await get(context, b"/"), "page")
        try:
            await get(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), b"/")
        except (ssl.SSLCertVerificationError, ValueError):
            return
        check(False, "an unknown root was trusted")

    asyncio.run(main())


globals()[CASE]()
print("done")
