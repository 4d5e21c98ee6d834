"""ussl as the client of real servers.

Every function runs a server, lets ussl visit it twice (the second time with
the saved session) and gives back (what ussl told, [did the server say the
visit was resumed, ...]).
"""
from support import mpy, peers, pki, pytls, relay, wire
from support.usslpeer import UsslServer, read_code

LINES = 7000
DATA = b"".join(b"x%06d0123456789\n" % i for i in range(LINES))


def options(address, kind, version=None, root="ecdsa", cert=None):
    return {"HOST": mpy.seen(address[0]), "PORT": address[1], "CA": pki.path("root-%s.pem" % root),
            "CERT": pki.path(cert + ".chain.pem") if cert else None,
            "KEY": pki.path(cert + ".key") if cert else None,
            "VERSION": version, "KIND": kind, "LINES": LINES}


def visit(address, kind, **more):
    return mpy.run(read_code("mpy_client.py"), options(address, kind, **more), timeout=60).json()


def log_said(server, words, seen):
    """Per visit: the log must tell of exactly one resumption, in the second."""
    return [False, True] if server.count(words) == 1 and not seen else [seen, False]


def openssl(version, root):
    with peers.openssl_server("server-" + root, version) as server:
        code = read_code("mpy_client.py")
        at = heard = early = 0
        with mpy.start(code, options(server.address, "duplex", root=root)) as client:
            for _ in range(2):
                early = server.count("Reused session-id")
                heard = client.wait_for("connected", 20, start=heard)
                at = server.wait_for(DATA, 30, start=at)
                server.send(DATA)
            status = client.wait(30)
        told = mpy.Result(status, client.text, "").json()
        return told, log_said(server, "Reused session-id", bool(early))


def gnutls(version, root):
    with peers.gnutls_server("server-" + root, version) as server:
        told = visit(server.address, "echo", root=root)
        server.wait_for("*** This is a resumed session")
        first = server.text.split("* Accepted connection")[1]
        return told, log_said(server, "This is a resumed session", "resumed session" in first)


def nginx(version, root):
    with peers.nginx("server-" + root, version, files={"big": DATA}) as server:
        told = visit(server.address, "http", root=root)
        said = ["reused=r" in one["data"] for one in told]
        for one in told:
            if "protocol=TLSv" + version in one["data"]:
                one["data"] = "good"
        return told, said


def mosquitto(version, root):
    """It says nothing about sessions, but its ServerHello does."""
    with peers.mosquitto("server-" + root, version, client_ca="root-" + root) as server, \
            relay.Relay(server.address, record=True) as link:
        told = visit(link.address, "mqtt", version=version, root=root, cert="client-" + root)
        server.wait_for("u'client-%s'" % root)
        return told, [wire.server_resumed(link.wait_done(n).down.data) for n in (0, 1)]


def cpython(version, root):
    with pytls.PythonServer("server-" + root, version) as server:
        told = visit(server.address, "echo", root=root)
        said = [server.wait_report(n, "closed") for n in (0, 1)]
        for report in said:
            if report["closed"] != "clean":
                raise AssertionError("no close_notify from ussl: " + report["closed"])
        return told, [report["reused"] for report in said]


def ussl(version, root):
    with UsslServer("server-" + root, version) as server:
        told = visit(server.address, "echo", root=root)
        return told, [server.told(n)["reused"] for n in (0, 1)]


PEERS = {"openssl s_server": openssl, "gnutls-serv": gnutls, "nginx": nginx,
         "mosquitto, mutual": mosquitto, "CPython ssl": cpython, "ussl": ussl}
