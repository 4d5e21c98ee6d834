#!/usr/bin/env python3
"""Pre-shared keys: ussl and OpenSSL, GnuTLS, mosquitto, in both versions and both directions,
with the same key, another one, and an identity that nobody knows."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import mpy, peers  # noqa: E402
from support.process import Process  # noqa: E402
from support.report import case, contains, end, equal  # noqa: E402
from support.usslpeer import ScriptServer  # noqa: E402

KEY, OTHER = "0123456789abcdef0123456789abcdef", "f" * 32
IDENTITY, HINT = "device 1", "a hint"
VERSIONS = ("1.2", "1.3")
SUITE = {"1.2": "ECDHE-PSK-CHACHA20-POLY1305", "1.3": "TLS_"}

CLIENT = """
import binascii, json, socket, ssl

def connect(told):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.minimum_version = c.maximum_version = 0x301 + VERSION
    if CIPHERS:
        c.set_ciphers(CIPHERS)
    key = binascii.unhexlify(KEY)
    if CALLBACK:
        c.set_psk_client_callback(lambda hint: (told.update(hint=hint), (IDENTITY, key))[1])
    else:
        c.psk_identity, c.psk_key = IDENTITY, key
    ss = c.wrap_socket(socket.socket())
    ss.connect((HOST, PORT))
    told["cipher"] = ss.cipher()[0]
    ss.write(bytes(SAY))
    told["reply"] = list(ss.read(REPLY))
    try:
        ssl.save_session(ss)
        told["session"] = True
    except ssl.SSLError:
        told["session"] = False
    ss.close()

told = {"error": None}
try:
    connect(told)
except OSError as error:
    told["error"] = str(error)
print(json.dumps(told))
"""

SERVER = """
import binascii, json, socket, ssl

c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
c.minimum_version = c.maximum_version = 0x301 + VERSION
if CIPHERS:
    c.set_ciphers(CIPHERS)
key = binascii.unhexlify(KEY)
if CALLBACK:
    c.set_psk_server_callback(lambda identity: {IDENTITY: key}.get(identity), HINT)
else:
    c.server_psk_keys = {IDENTITY.encode(): key}
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(socket.getaddrinfo(HOST, PORT)[0][-1])
listener.listen(1)
listener = c.wrap_socket(listener, server_side=True)
print("ready")
told = {"error": None}
try:
    ss, address = listener.accept()
    told["cipher"] = ss.cipher()[0]
    ss.write(b"hello from ussl\\n")
    ss.close()
except OSError as error:
    told["error"] = str(error)
print(json.dumps(told))
"""


def number(version):
    return int(version[-1])


# ---- ussl is the client ----


def ask(address, version, say=b"hello\n", reply=6, key=KEY, identity=IDENTITY, callback=True, ciphers=None):
    return mpy.run(CLIENT, {"HOST": mpy.seen(address[0]), "PORT": address[1], "VERSION": number(version), "KEY": key,
                            "IDENTITY": identity, "CALLBACK": callback, "CIPHERS": ciphers,
                            "SAY": list(say), "REPLY": reply}).json()


def good(told, version, reply):
    equal(told["error"], None, "error")
    contains(told["cipher"], SUITE[version])
    equal(bytes(told["reply"]), reply, "reply")
    equal(told["session"], False, "a session")


def openssl_server(version, extra=(), hint=HINT):
    """`-rev` answers each line, turned round."""
    argv = ["openssl", "s_server", "-accept", "%s:0" % peers.HOST, "-nocert", "-psk", KEY, "-psk_identity", IDENTITY,
            "-psk_hint", hint, "-rev", "-tls1_%d" % number(version)]
    server = peers.Server(argv + list(extra))
    end_of = server.wait_for("\n", start=server.wait_for("ACCEPT"))
    line = server.data[:end_of].decode().split("ACCEPT")[-1].strip()
    server.host, server.port = peers.HOST, int(line.rsplit(":", 1)[1])
    return server


def key_file(folder):
    path = os.path.join(folder, "keys.txt")
    with open(path, "w") as file:
        file.write("%s:%s\n" % (IDENTITY, KEY))
    return path


def gnutls_priority(version, side):
    return "NORMAL:-VERS-ALL:+VERS-TLS%s:-KX-ALL:+ECDHE-PSK" % version + (":+PSK" if version == "1.3" and side else "")


def gnutls_server(version):
    folder = tempfile.mkdtemp(prefix="ussl-gnutls-")

    def start(port):
        server = peers.Server(["gnutls-serv", "--echo", "--pskpasswd", key_file(folder), "--pskhint", HINT,
                               "--priority", gnutls_priority(version, True), "--port", port])
        server.folder = folder
        return server.wait_listening(port)
    return peers.start_on_free_port(start)


def mosquitto(version):
    """A broker whose clients are who their keys say they are."""
    def start(port):
        folder = tempfile.mkdtemp(prefix="ussl-mosquitto-")
        config = os.path.join(folder, "mosquitto.conf")
        with open(config, "w") as file:
            file.write("listener %d %s\npsk_hint %s\npsk_file %s\nuse_identity_as_username true\ntls_version tlsv%s\n"
                       "log_dest stderr\nlog_type all\npersistence false\nallow_anonymous false\n%s\n"
                       % (port, peers.HOST, HINT, key_file(folder), version, "user root" if os.geteuid() == 0 else ""))
        server = peers.Server([peers.sbin("mosquitto"), "-c", config])
        server.folder = folder
        return server.wait_listening(port)
    return peers.start_on_free_port(start)


# CONNECT with a clean session, client "ussl"; and the broker's CONNACK: accepted.
CONNECT = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04ussl"
CONNACK = b"\x20\x02\x00\x00"


def client_side():
    for version in VERSIONS:
        with case("ussl -> OpenSSL, TLS %s" % version), openssl_server(version) as server:
            for callback in (True, False):
                told = ask(server.address, version, callback=callback)
                good(told, version, b"olleh\n")
                equal(told.get("hint"), HINT if callback and version == "1.2" else None, "hint")
        with case("ussl -> OpenSSL, TLS %s: another key" % version), openssl_server(version) as server:
            contains(ask(server.address, version, key=OTHER)["error"], "the same at both ends?")
        with case("ussl -> GnuTLS, TLS %s" % version), gnutls_server(version) as server:
            good(ask(server.address, version), version, b"hello\n")
        with case("ussl -> GnuTLS, TLS %s: an unknown identity" % version), gnutls_server(version) as server:
            contains(ask(server.address, version, identity="nobody")["error"] or "none", "the peer")
        with case("ussl -> mosquitto, TLS %s" % version), mosquitto(version) as server:
            good(ask(server.address, version, CONNECT, 4), version, CONNACK)
            server.wait_for("u'%s'" % IDENTITY)
        with case("ussl -> a server with a certificate, TLS %s" % version), \
                peers.openssl_server(version=version, mode="rev") as server:
            contains(ask(server.address, version)["error"], "the peer refused")
    with case("ussl -> OpenSSL: a hint that is no text"), openssl_server("1.2", hint="\udcff\udcfe") as server:
        told = ask(server.address, "1.2", callback=True)
        good(told, "1.2", b"olleh\n")
        equal(told.get("hint"), None, "hint")
    with case("ussl -> OpenSSL: the key alone, where it is named"), \
            openssl_server("1.2", ["-cipher", "PSK-AES128-GCM-SHA256"]) as server:
        contains(ask(server.address, "1.2")["error"], "handshake_failure")
        told = ask(server.address, "1.2", ciphers=["PSK-AES128-GCM-SHA256"])
        equal((told["error"], told["cipher"], told["hint"]), (None, "PSK-AES128-GCM-SHA256", HINT), "told")


# ---- ussl is the server ----


def serving(version, callback=True, ciphers=None):
    return ScriptServer(SERVER, {"VERSION": number(version), "KEY": KEY, "IDENTITY": IDENTITY, "HINT": HINT,
                                 "CALLBACK": callback, "CIPHERS": ciphers})


def openssl_client(address, version, key=KEY, identity=IDENTITY, extra=()):
    return Process(["openssl", "s_client", "-connect", "%s:%d" % address, "-psk", key, "-psk_identity", identity,
                    "-tls1_%d" % number(version)] + list(extra))


def gnutls_client(address, version, key=KEY, identity=IDENTITY):
    return Process(["gnutls-cli", "--port", address[1], "--pskusername", identity, "--pskkey", key,
                    "--priority", gnutls_priority(version, False), address[0]])


def served(version, client, callback=True, ciphers=None, **more):
    with serving(version, callback, ciphers) as server, client(server.address, version, **more) as visitor:
        told = server.told()
        # gnutls-cli 3.7.9 falls over when it prints what it knows of such a connection.
        if told["error"] is None and not (client is gnutls_client and version == "1.2"):
            visitor.wait_for("hello from ussl")
        else:
            visitor.wait()
        return told, visitor.text


def server_side():
    for version in VERSIONS:
        for name, client in (("OpenSSL", openssl_client), ("GnuTLS", gnutls_client)):
            with case("%s -> ussl, TLS %s" % (name, version)):
                for callback in (True, False):
                    told, said = served(version, client, callback)
                    equal(told["error"], None, "error")
                    contains(told["cipher"], SUITE[version])
                    assert "ession ticket" not in said.lower(), "it got a ticket: " + said
            with case("%s -> ussl, TLS %s: another key" % (name, version)):
                contains(served(version, client, key=OTHER)[0]["error"], "(PSK) is not the peer's")
            with case("%s -> ussl, TLS %s: an unknown identity" % (name, version)):
                contains(served(version, client, identity="nobody")[0]["error"], "no pre-shared key (PSK)")
    with case("OpenSSL -> ussl, TLS 1.2: the hint"):
        contains(served("1.2", openssl_client)[1], "PSK identity hint: " + HINT)
    with case("OpenSSL -> ussl, TLS 1.2: the key alone, where it is named"):
        told, said = served("1.2", openssl_client, ciphers=["PSK-AES128-GCM-SHA256"])
        equal((told["error"], told["cipher"]), (None, "PSK-AES128-GCM-SHA256"), "told")
        contains(said, "PSK identity hint: " + HINT)


client_side()
server_side()
end()
