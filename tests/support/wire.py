"""Read what TLS peers say in the clear: what was offered, and was it resumed?"""

HANDSHAKE, CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 22, 1, 2, 11
PRE_SHARED_KEY, SUPPORTED_VERSIONS, PSK_MODES, KEY_SHARE = 41, 43, 45, 51
SESSION_TICKET, COOKIE, CHANGE_CIPHER_SPEC = 35, 44, 20


def records(data):
    """(type, payload) of each whole TLS record."""
    at = 0
    while at + 5 <= len(data):
        size = int.from_bytes(data[at + 3:at + 5], "big")
        yield data[at], data[at + 5:at + 5 + size]
        at += 5 + size


def messages(data):
    """(type, body) of the handshake messages before encryption starts."""
    clear = bytearray()
    for kind, payload in records(data):
        if kind != HANDSHAKE:
            break
        clear += payload
    at = 0
    while at + 4 <= len(clear):
        size = int.from_bytes(clear[at + 1:at + 4], "big")
        yield clear[at], bytes(clear[at + 4:at + 4 + size])
        at += 4 + size


def extensions_at(body, at):
    """{number: data} of the extensions whose length is at `at`."""
    end = at + 2 + int.from_bytes(body[at:at + 2], "big")
    at += 2
    found = {}
    while at + 4 <= end:
        size = int.from_bytes(body[at + 2:at + 4], "big")
        found[int.from_bytes(body[at:at + 2], "big")] = body[at + 4:at + 4 + size]
        at += 4 + size
    return found


def hello_extensions(body):
    """{number: data} of a ServerHello."""
    return extensions_at(body, 34 + 1 + body[34] + 3)


def client_hellos(data):
    """(session ID, {extension: data}) of each ClientHello that a client sent: the second
    answers a HelloRetryRequest, behind a ChangeCipherSpec or not."""
    clear = b"".join(payload for kind, payload in records(data) if kind == HANDSHAKE)
    at = 0
    while clear[at:at + 1] == bytes([CLIENT_HELLO]):
        size = int.from_bytes(clear[at + 1:at + 4], "big")
        body = clear[at + 4:at + 4 + size]
        suites = 35 + body[34]
        methods = suites + 2 + int.from_bytes(body[suites:suites + 2], "big")
        yield body[35:suites], extensions_at(body, methods + 1 + body[methods])
        at += 4 + size


def offered_ticket(data):
    """The ticket in the first ClientHello that a client sent: a TLS 1.3 pre-shared key's
    identity or a TLS 1.2 ticket; None without one."""
    _, extensions = next(client_hellos(data))
    psk = extensions.get(PRE_SHARED_KEY)
    if psk:
        return psk[4:4 + int.from_bytes(psk[2:4], "big")]
    return extensions.get(SESSION_TICKET) or None


def server_resumed(data):
    """True when the bytes a server sent are those of a resumed handshake.

    TLS 1.3: the ServerHello takes the client's pre-shared key.  TLS 1.2: no
    Certificate follows the ServerHello.
    """
    seen = list(messages(data))
    hellos = [body for kind, body in seen if kind == SERVER_HELLO]
    if not hellos:
        raise ValueError("no ServerHello in %d bytes" % len(data))
    extensions = hello_extensions(hellos[-1])
    if SUPPORTED_VERSIONS in extensions:
        return PRE_SHARED_KEY in extensions
    return CERTIFICATE not in [kind for kind, _ in seen]


RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


def vector(width, data):
    return len(data).to_bytes(width, "big") + data


def extension(number, data):
    return number.to_bytes(2, "big") + vector(2, data)


def retry_request(session_id, suite, extensions):
    """The record of a HelloRetryRequest of TLS 1.3, which has these extensions beside the version."""
    body = b"\x03\x03" + RETRY + vector(1, session_id) + suite.to_bytes(2, "big") + b"\0" + vector(
        2, extension(SUPPORTED_VERSIONS, b"\x03\x04") + extensions)
    return b"\x16\x03\x03" + vector(2, b"\x02" + vector(3, body))


def read_record(stream):
    header = stream.read(5)
    return header[0], stream.read(int.from_bytes(header[3:], "big"))
