# What ussl has: prints a JSON object of names, for each type those of an instance. Runs on
# MicroPython, whose dir() finds the attributes of native objects on instances only.
import json
import socket
import ssl

from same import client, pair, server


def public(value):
    return sorted([name for name in dir(value) if name[:2] != "__"])


ends = pair(client(), server("direct.pem"))
ends[1].write(b"after the ticket")
ends[0].read(1)
print(json.dumps({
    "ssl": public(ssl),
    "SSLContext": public(ends[0].context),
    "SSLSocket": public(ssl.wrap_socket(socket.socket())),
    "SSLObject": public(ends[0]),
    "SSLSession": public(ends[0].session),
    "MemoryBIO": public(ssl.MemoryBIO()),
    "TLSVersion": public(ssl.TLSVersion),
    "Purpose": public(ssl.Purpose),
    "SSLError": public(ssl.SSLError(1, "")),
}))
