# Runs on MicroPython: visits a server TIMES times in full and TIMES times
# resumed, and prints what it saw as one line of JSON.  The demo sets HOST PORT
# NAME (server_hostname, or None), CA (a path, or None: not verified), TIMES,
# and REQUEST (sent on the last full and the last resumed visit, or "").
import json
import socket
import ssl
import time


def dial(session, told):
    """connect() alone is timed: TCP and the handshake, not the reading of files."""
    place = socket.getaddrinfo(HOST, PORT)[0]
    s = socket.socket(place[0])
    s.settimeout(10)
    reqs = ssl.CERT_REQUIRED if CA else ssl.CERT_NONE
    ss = ssl.wrap_socket(
        s, cert_reqs=reqs, ca_certs=CA, server_hostname=NAME, saved_session=session
    )
    start = time.ticks_us()
    ss.connect(place[-1])
    told["ms"].append(time.ticks_diff(time.ticks_us(), start) / 1000)
    told["version"] = ss.version()
    told["cipher"] = ss.cipher()[0]
    told["reused"] = ss.session_reused
    return ss


def visits(session, told):
    """Returns the first session a server gave, or None with the reason told."""
    saved = None
    for left in range(TIMES - 1, -1, -1):
        ss = dial(session, told)
        if saved is None and session is None and "no_session" not in told:
            try:
                saved = ssl.save_session(ss)
            except ssl.SSLError as error:
                if error.reason != "NO_SESSION_TICKET":
                    raise
                told["no_session"] = True
        if REQUEST and left == 0:
            ss.sendall(REQUEST.encode())
            told["reply"] = ss.read().decode()
        ss.close()
    return saved


def words(error):
    return str(error.args[1] if len(error.args) > 1 else error)


def main():
    full, again = {"ms": []}, {"ms": []}
    try:
        session = visits(None, full)
        if session is not None:
            visits(session, again)
    except OSError as error:
        print(json.dumps({"error": words(error), "kind": type(error).__name__,
                          "errno": error.errno, "reason": getattr(error, "reason", None)}))
        return
    print(json.dumps({"full": full, "resumed": again}))


main()
