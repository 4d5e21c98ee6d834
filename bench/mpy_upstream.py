# Runs on MicroPython with its own ssl: one handshake, and then it waits. The first line of
# stdin is JSON: host, port and ca, a file of DER.
import json
import socket
import sys
import tls  # its own; a frozen ssl would only wrap it

asked = json.loads(sys.stdin.readline())
with open(asked["ca"], "rb") as file:
    ca = file.read()
context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(ca)
s = socket.socket()
s.connect(socket.getaddrinfo(asked["host"], asked["port"])[0][-1])
ss = context.wrap_socket(s, server_hostname="localhost")
print("done")
sys.stdin.readline()
