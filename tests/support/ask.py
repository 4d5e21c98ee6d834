"""One visit of a ussl client to a real server, told as a dict."""
from . import mpy, pki
from .usslpeer import read_code

HELLO = "hello, real world\n"


def verifying(ca="root-ecdsa", name="localhost", cert=None, **more):
    """Options of wrap_socket: verify chain and name; own certificate if wanted."""
    options = dict(cert_reqs="ssl.CERT_REQUIRED", ca_certs=pki.path(ca + ".pem"),
                   server_hostname=name, **more)
    if cert:
        options.update(certfile=pki.path(cert + ".chain.pem"), keyfile=pki.path(cert + ".key"))
    return options


def ask(address, options=None, send="", want=None, session="", save=False, board=()):
    """What tests/interop/mpy_ask.py tells; `board` are options of tools/firmware.sh."""
    return mpy.run(read_code("mpy_ask.py"), {
        "HOST": mpy.seen(address[0]), "PORT": address[1], "OPTIONS": options or {}, "SEND": send,
        "WANT": want, "SESSION": session, "SAVE": save}, options=board).json()


def good(told, reply=None):
    """The visit must have worked; returns what it told."""
    assert "error" not in told, "%(kind)s in %(where)s: %(error)s" % told
    if reply is not None:
        assert told["reply"] == reply, "reply %r" % told["reply"]
    return told


def refused(told):
    """The visit must have ended with an SSLError; returns its words."""
    assert "error" in told, "accepted: %r" % told
    assert told["ssl_error"], "%(kind)s is no SSLError: %(error)s" % told
    return told["error"]
