"""What went through a relay as a file that programs for captured traffic read."""
import struct

CLIENT, SERVER = (b"\x0a\0\0\1", 40000), (b"\x0a\0\0\2", 443)
RAW_IP = 101
FIN, SYN, PSH, ACK = 1, 2, 8, 16
SEGMENT = 1400


def packet(source, sink, sent, received, flags, data=b""):
    """IPv4 and TCP; nobody looks at the checksums."""
    tcp = struct.pack(">HHIIBBHHH", source[1], sink[1], sent, received, 5 << 4, flags, 65535, 0, 0)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0) + source[0] + sink[0]
    return ip + tcp + data


def packets(link):
    """Of one connection: the handshake of TCP, then the data in its order."""
    at = {CLIENT: 1, SERVER: 1}
    yield packet(CLIENT, SERVER, 0, 0, SYN)
    yield packet(SERVER, CLIENT, 0, 1, SYN | ACK)
    yield packet(CLIENT, SERVER, 1, 1, ACK)
    pieces = [(when, CLIENT, SERVER, data) for when, data in link.up.record]
    pieces += [(when, SERVER, CLIENT, data) for when, data in link.down.record]
    for _, source, sink, data in sorted(pieces, key=lambda piece: piece[0]):
        for start in range(0, len(data), SEGMENT):
            part = data[start:start + SEGMENT]
            yield packet(source, sink, at[source], at[sink], PSH | ACK, part)
            at[source] += len(part)
    yield packet(CLIENT, SERVER, at[CLIENT], at[SERVER], FIN | ACK)


def write(path, link):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, RAW_IP))
        for number, data in enumerate(packets(link)):
            file.write(struct.pack("<IIII", 1700000000, number, len(data), len(data)) + data)
