# Resume a TLS session in another run of the program, as after a reset or deep sleep.
#
#   build/micropython examples/resume_across_reboot.py HOST PORT CA FILE
#
# Run it twice: the first run makes a full handshake and stores the session in FILE,
# the second one resumes it. FILE is a secret: who can read it can take the session
# over. On a device it belongs where the keys are.
import os
import socket
import ssl
import sys


def load(path):
    try:
        with open(path, "rb") as file:
            return ssl.SSLSession(file.read())
    except OSError:
        return None  # the first start
    except ValueError:
        return None  # damaged, or of another version: make a new one


def store(path, session):
    # A reset in the middle of writing must leave the old file or the new one.
    with open(path + ".new", "wb") as file:
        file.write(session.serialize())
    os.rename(path + ".new", path)


def connect(host, port, ca, session):
    place = socket.getaddrinfo(host, port)[0]
    s = socket.socket(place[0])
    s.settimeout(10)
    ss = ssl.wrap_socket(
        s,
        cert_reqs=ssl.CERT_REQUIRED,
        ca_certs=ca,
        server_hostname=host,
        saved_session=session,
        timeout=5,
    )
    try:
        ss.connect(place[-1])
    except OSError:
        ss.close()
        raise
    return ss


def main(host, port, ca, path):
    with connect(host, int(port), ca, load(path)) as ss:
        print("%s, %s" % (ss.version(), "resumed" if ss.session_reused else "full handshake"))
        try:
            # The newest ticket each time: a server may take one only once.
            store(path, ssl.save_session(ss))
        except ssl.SSLError as error:
            print("nothing to resume next time:", error)


if len(sys.argv) != 5:
    print("usage: resume_across_reboot.py HOST PORT CA FILE")
    sys.exit(2)
try:
    main(*sys.argv[1:])
except OSError as error:  # ssl.SSLError is one, too
    print("failed:", error)
    sys.exit(1)
except KeyboardInterrupt:
    sys.exit(130)
