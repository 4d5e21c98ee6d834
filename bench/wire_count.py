"""What passed through a relay in one handshake: bytes, the tickets' apart, and round trips."""
from support import wire

NEW_SESSION_TICKET = 4
APPLICATION_DATA = 23
ALERT = 21
RECORD, MESSAGE = 5, 4  # bytes of their headers
EARLY_RECORD = 5 + 1 + 16  # header, content type and tag around early data


class Seen:
    """`up` and `down`: bytes of client and server without tickets; `ticket`: the server's."""

    def __init__(self, link, early=0):
        said = sorted([(when, "up", data) for when, data in link.up.record]
                      + [(when, "down", data) for when, data in link.down.record])
        self.ticket = tickets_tls12(link.down.data) + after_last(said)
        self.up = link.up.bytes - (early + EARLY_RECORD if early else 0)
        self.down = link.down.bytes - self.ticket
        self.trips = trips(said)
        self.psk_alone = psk_alone(link.down.data)

    @property
    def sum(self):
        return self.up + self.down


def tickets_tls12(data):
    """Each is a message in a record of its own."""
    return sum(RECORD + MESSAGE + len(body) for kind, body in wire.messages(data)
               if kind == NEW_SESSION_TICKET)


def after_last(said):
    """A TLS 1.3 server's tickets are what comes when the client has said all."""
    last = max(at for at, (_, way, _) in enumerate(said) if way == "up")
    tail = b"".join(data for _, _, data in said[last + 1:])
    return len(tail) if tail[:1] == bytes([APPLICATION_DATA]) else 0


def trips(said):
    """How often a client waits before it can send data: how often the server began to speak
    before the client's first encrypted record (in TLS 1.3 the one with its Finished, which
    data follows at once), or at all."""
    client, starts, before = b"", 0, None
    for _, way, data in said:
        if way == "down" and before != "down":
            starts += 1
        if way == "up":
            client += data
            if APPLICATION_DATA in [kind for kind, _ in wire.records(client)]:
                return starts
        before = way
    return starts


def psk_alone(data):
    """True when the server took a pre-shared key and sent no key share."""
    hellos = [body for kind, body in wire.messages(data) if kind == wire.SERVER_HELLO]
    extensions = wire.hello_extensions(hellos[-1]) if hellos else {}
    return wire.PRE_SHARED_KEY in extensions and wire.KEY_SHARE not in extensions
