# Runs on MicroPython: one visit.  Sends SEND, reads WANT bytes (0: until the
# end, None: nothing), and prints what happened as one line of JSON.  The
# harness sets HOST PORT OPTIONS (keywords for wrap_socket; names of constants
# with a leading "ssl.") SEND WANT SESSION ("" or hexadecimal) and SAVE.
import binascii
import json
import socket
import ssl


def options():
    found = {}
    for name, value in OPTIONS.items():
        known = isinstance(value, str) and value.startswith("ssl.")
        found[name] = getattr(ssl, value[4:]) if known else value
    if SESSION:
        found["saved_session"] = ssl.SSLSession(binascii.unhexlify(SESSION))
    return found


def visit(told):
    s = socket.socket()
    s.settimeout(10)
    ss = ssl.wrap_socket(s, **options())
    ss.connect(socket.getaddrinfo(HOST, PORT)[0][-1])
    told.update(version=ss.version(), cipher=ss.cipher()[0], reused=ss.session_reused)
    told["early"] = ss.early_data_accepted
    if SAVE:
        told["session"] = binascii.hexlify(ssl.save_session(ss).serialize()).decode()
    told["where"] = "data"
    if SEND:
        ss.sendall(SEND.encode())
    if WANT is not None:
        told["reply"] = (ss.read(WANT) if WANT else ss.read()).decode()
    ss.close()


told = {"where": "connect"}
try:
    visit(told)
except Exception as error:
    told["error"] = str(error)
    told["kind"] = type(error).__name__
    told["ssl_error"] = isinstance(error, ssl.SSLError)
print(json.dumps(told))
