"""Read what a TLS server says in the clear: did it resume?"""

HANDSHAKE, SERVER_HELLO, CERTIFICATE = 22, 2, 11
PRE_SHARED_KEY, SUPPORTED_VERSIONS = 41, 43
CHANGE_CIPHER_SPEC = 20


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


def hello_extensions(body):
    """Extension numbers of a ServerHello."""
    at = 34 + 1 + body[34] + 3
    end = at + 2 + int.from_bytes(body[at:at + 2], "big")
    at += 2
    found = []
    while at + 4 <= end:
        found.append(int.from_bytes(body[at:at + 2], "big"))
        at += 4 + int.from_bytes(body[at + 2:at + 4], "big")
    return found


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
