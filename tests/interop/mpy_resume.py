# Runs on MicroPython: visits with one context, each with the session of the one before.
# The harness sets HOST PORT CA, OPTIONS of the context or None, VERSION ("1.2", "1.3" or
# None), SAY, EARLY (SAY is early data), SESSION ("" or hexadecimal) and VISITS. Prints one
# line of JSON: whether each was resumed, what became of early data, and the last session.
import binascii
import json
import socket
import ssl

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.load_verify_locations(CA)
    if VERSION:
        ctx.minimum_version = ctx.maximum_version = VERSIONS[VERSION]
    if OPTIONS is not None:
        ctx.options = OPTIONS
    return ctx


def visit(ctx, session):
    early = SAY.encode() if EARLY else None
    ss = ctx.wrap_socket(socket.socket(), server_hostname="localhost", session=session, early_data=early)
    ss.connect(socket.getaddrinfo(HOST, PORT)[0][-1])
    if not EARLY:
        ss.write(SAY.encode())
    ss.read(1)
    try:
        session = ss.session
    except ssl.SSLError:  # the server gave none
        session = None
    told = ss.session_reused, ss.early_data_accepted
    ss.close()
    return told, session


ctx = context()
session = ssl.SSLSession(binascii.unhexlify(SESSION)) if SESSION else None
visits = []
for _ in range(VISITS):
    told, session = visit(ctx, session)
    visits.append(told)
print(json.dumps({"reused": [reused for reused, _ in visits], "early": [early for _, early in visits],
                  "session": session and binascii.hexlify(session.serialize()).decode()}))
