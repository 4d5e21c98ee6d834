"""The demo with a server of the user's choice."""
import errno
import os
import socket
import sys

import demo_table as show

SYSTEM_CA = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
             "/etc/ssl/cert.pem")


def split(server):
    """HOST, HOST:PORT, [IPv6] or [IPv6]:PORT."""
    scheme, mark, _ = server.partition("://")
    if mark:
        raise ValueError("leave out %s://: HOST or HOST:PORT is wanted" % scheme)
    if server.startswith("["):
        host, _, rest = server[1:].partition("]")
        port = rest[1:]
    else:
        host, _, port = server.partition(":")
    if not host or (port and not (port.isdigit() and 0 < int(port) < 65536)):
        raise ValueError("%r is no HOST or HOST:PORT" % server)
    return host, int(port or 443)


def wrong(server, ca):
    """What is wrong with the words, seen without a network; None if nothing is."""
    try:
        split(server)
    except ValueError as error:
        return str(error)
    if ca and not os.access(ca, os.R_OK):
        return "the CA file %s cannot be read" % ca
    return None


def run(server, ca, no_verify):
    address = split(server)
    if not ca and not no_verify:
        ca = next((path for path in SYSTEM_CA if os.path.exists(path)), None)
    try:
        socket.getaddrinfo(*address)
    except (socket.gaierror, UnicodeError) as error:
        return explain("the name %s has no address (%s)" % (address[0], error.args[-1]),
                       "Check the spelling, and that this machine has a network.")
    try:
        told = show.measure(address, address[0], None if no_verify else ca, times=3)
    except show.Refused as refused:
        return explain(*reasons(address, refused.told, ca))
    report(server, told, verified(address[0], ca, no_verify))
    return 0


def verified(host, ca, no_verify):
    if no_verify:
        return "no, you asked for --no-verify"
    if not ca:
        return "no, no CA file here, give one with --ca FILE"
    return "yes, chain to %s, name %s" % (ca, host)


def report(server, told, trust):
    full, again = told["full"], told["resumed"]
    show.say("%s: %s, %s" % (server, full["version"], full["cipher"]))
    show.say("verified: %s" % trust)
    show.heading("What a handshake costs (median of 3; bytes both ways, close included)")
    show.table([show.COST_TITLES, show.costs(server, told)], show.COST_RIGHT)
    if "no_session" in full:
        show.say("\n  The server gives no session to resume.")
    elif again.get("reused") and told["agreed"]:
        show.say("\n  Resumed: ussl says so, and so does the server's hello.")
    else:
        show.say("\n  The server gave a session, but made a full handshake of it.")


REFUSED = "the peer refused: "
OLDER = "The server is older than TLS 1.2."
WANTS = "It wants a certificate from the client, which the demo has not."
HINTS = {"certificate_required": WANTS, "no_certificate": WANTS,
         "handshake_failure": "No cipher suite in common, or it wants a client certificate.",
         "protocol_version": OLDER, "UNSUPPORTED_PROTOCOL": OLDER}


def reasons(address, told, ca):
    """What went wrong, and what to do about it."""
    where = "%s port %d" % address
    if told["kind"] in ("SSLCertVerificationError", "CertificateError"):
        return ("%s is not trusted: %s" % (where, told["error"]),
                "The certificates trusted are those of %s; --ca FILE names others, "
                "--no-verify takes any." % ca)
    if told["kind"] == "SSLTimeoutError" or told["errno"] == errno.ETIMEDOUT:
        return "%s did not answer in time: %s" % (where, told["error"]), "Is it a TLS server?"
    if ca and told["error"].startswith(ca):
        return told["error"], "--ca wants certificates, as PEM or DER."
    hint = HINTS.get(told["reason"], "")
    if told["error"].startswith(REFUSED):
        return "%s refused us: %s" % (where, told["error"][len(REFUSED):]), hint
    if told["kind"].startswith("SSL"):
        return "TLS with %s failed: %s" % (where, told["error"]), hint
    if told["errno"] == errno.ECONNREFUSED:
        return "nobody listens at %s" % where, "Check the port."
    return "no connection with %s: %s" % (where, os.strerror(told["errno"])), ""


def explain(what, hint=""):
    print("ussl demo: " + what, file=sys.stderr)
    if hint:
        print(hint, file=sys.stderr)
    return 1
