"""A name server in a thread, for a network namespace: QEMU's network hands a board's
questions on to the server that /etc/resolv.conf names."""
import socket
import struct
import threading

NAME_ERROR, ADDRESS = 0x8183, 0x8180  # an answer, recursion available, and how it went
TYPE_A = 1


class NameServer:
    """Knows the addresses of some names, and that no other name exists."""

    def __init__(self, addresses, host="127.0.0.1", port=53):
        self.addresses = addresses
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, sender = self.sock.recvfrom(512)
            self.sock.sendto(self.answer(question), sender)

    def answer(self, question):
        name, end = self.name(question)
        kind = struct.unpack_from(">H", question, end)[0]
        address = self.addresses.get(name) if kind == TYPE_A else None
        flags = ADDRESS if name in self.addresses else NAME_ERROR
        head = question[:2] + struct.pack(">HHHHH", flags, 1, 1 if address else 0, 0, 0)
        return head + question[12:end + 4] + (self.record(address) if address else b"")

    @staticmethod
    def name(question):
        """The name asked for, and where its type begins."""
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        return ".".join(labels).lower(), at + 1

    @staticmethod
    def record(address):
        """For the name in the question, an address of class IN that lasts a minute."""
        return struct.pack(">HHHIH", 0xC00C, TYPE_A, 1, 60, 4) + socket.inet_aton(address)
