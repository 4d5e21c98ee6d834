"""Real TLS peers on free loopback ports: start, wait until they listen, stop.

    with peers.openssl_server("server-ecdsa", "1.2") as server:
        ... connect to server.address ...
        server.wait_for("Reused session-id")

Certificates are named as in tests/certs/make.py.  `version` is "1.2", "1.3"
or None for whatever both ends like best.  `client_ca` asks for a client
certificate and names the root it must come from.  Every server object is a
support.process.Process with `host`, `port` and `address`.
CPython's own ssl, which runs in threads and not in a process, is in
support.pytls.
"""
import os
import shutil
import socket
import subprocess
import tempfile
import time

from . import pki
from .process import PeerError, Process

HOST = "127.0.0.1"
__all__ = ["HOST", "PeerError", "Process", "curl", "free_port", "gnutls_client",
           "gnutls_server", "haproxy", "mosquitto", "nginx", "openssl_client", "openssl_server"]


def free_port():
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def bound(port):
    """True when some process has a UDP socket on `port`."""
    with open("/proc/thread-self/net/udp") as file:
        return any(row.split()[1].endswith(":%04X" % port) for row in list(file)[1:])


def listening(port):
    """True when some process of this network namespace listens on `port`.

    Read from /proc, because a probing connection would count as a client.
    """
    wanted = ":%04X" % port
    for table in ("/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"):
        try:
            with open(table) as file:
                rows = [line.split() for line in file]
        except OSError:
            continue
        if any(row[1].endswith(wanted) and row[3] == "0A" for row in rows[1:]):
            return True
    return False


class Server(Process):
    """A process that listens, perhaps with a folder of its own."""

    host = HOST
    port = 0
    folder = None

    @property
    def address(self):
        return (self.host, self.port)

    def wait_listening(self, port, timeout=10, udp=False):
        end = time.monotonic() + timeout
        while not (bound if udp else listening)(port):
            if not self.running() or time.monotonic() > end:
                self.stop()
                raise PeerError("%s does not listen on port %d:\n%s" % (
                    self.argv[0], port, self.text))
            time.sleep(0.01)
        self.port = port
        return self

    def stop(self):
        super().stop()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def start_on_free_port(start, port=0, tries=5):
    """Call start(port) until it listens: between choosing a port and taking it
    another program may be quicker."""
    if port:
        return start(port)
    for left in range(tries - 1, -1, -1):
        try:
            return start(free_port())
        except PeerError:
            if not left:
                raise


# --- OpenSSL ---------------------------------------------------------------

def openssl_version(version):
    return [] if version is None else ["-tls1_" + version[-1]]


def openssl_certificate(name):
    words = ["-cert", pki.path(name + ".pem"), "-key", pki.path(name + ".key")]
    above = pki.intermediate(name)
    return words + (["-cert_chain", above] if above else [])


def openssl_server(cert="server-ecdsa", version=None, mode=None, client_ca=None,
                   extra=(), port=0, host=HOST):
    """`openssl s_server`.

    mode None: what the client sends is printed into `text`, and `send()` goes
    to the client (no line may begin with one of s_server's commands Q q P S B
    r R K k c).  "rev": answers every line reversed.  "www": any HTTP request
    gets a page that tells about the connection.  "WWW" (with cwd-relative
    files) as in its manual.  In every mode but "www" the log says
    "Reused session-id" for a resumed connection.
    """
    argv = ["openssl", "s_server", "-accept", "%s:%d" % (host, port)]
    argv += openssl_certificate(cert) + openssl_version(version)
    if mode:
        argv.append("-" + mode)
    if client_ca:
        argv += ["-Verify", "4", "-verify_return_error", "-CAfile", pki.path(client_ca + ".pem")]
    server = Server(argv + list(extra), cwd=pki.directory())
    try:
        end = server.wait_for("ACCEPT")
        end = server.wait_for("\n", start=end)
    except PeerError:
        server.stop()
        raise
    line = server.data[:end].decode().split("ACCEPT")[-1].strip()
    server.host, server.port = host, int(line.rsplit(":", 1)[1]) if ":" in line else port
    return server


def openssl_datagrams(cert, extra, client_ca=None, port=0):
    """`openssl s_server` over UDP, with words like -dtls1_2; see openssl_server."""
    argv = ["openssl", "s_server"] + openssl_certificate(cert) + list(extra)
    if client_ca:
        argv += ["-Verify", "4", "-verify_return_error", "-CAfile", pki.path(client_ca + ".pem")]

    def start(port):
        words = ["-accept", "%s:%d" % (HOST, port)]
        return Server(argv + words, cwd=pki.directory()).wait_listening(port, udp=True)
    return start_on_free_port(start, port)


def openssl_client(address, ca="root-ecdsa", version=None, name="localhost", cert=None, extra=()):
    """`openssl s_client`: verifies chain and name, and gives up when they are wrong."""
    argv = ["openssl", "s_client", "-connect", "%s:%d" % address, "-CAfile", pki.path(ca + ".pem"),
            "-servername", name, "-verify_hostname", name, "-verify_return_error"]
    argv += openssl_version(version)
    if cert:
        argv += openssl_certificate(cert)
    return Process(argv + list(extra))


# --- GnuTLS ----------------------------------------------------------------

def gnutls_priority(version):
    return "NORMAL" if version is None else "NORMAL:-VERS-ALL:+VERS-TLS" + version


def gnutls_server(cert="server-ecdsa", version=None, client_ca=None, extra=(), port=0, udp=False):
    """`gnutls-serv --echo`; its log has a line about every resumed session."""
    argv = ["gnutls-serv", "--echo", "--x509certfile", pki.path(cert + ".chain.pem"),
            "--x509keyfile", pki.path(cert + ".key")]
    argv += [] if udp else ["--priority", gnutls_priority(version)]
    if client_ca:
        argv += ["--require-client-cert", "--verify-client-cert",
                 "--x509cafile", pki.path(client_ca + ".pem")]
    else:
        argv.append("--disable-client-cert")

    def start(port):
        return Server(argv + ["--port", port] + list(extra)).wait_listening(port, udp=udp)
    return start_on_free_port(start, port)


def gnutls_client(address, ca="root-ecdsa", version=None, name="localhost", cert=None, extra=(), datagrams=False):
    """`gnutls-cli`: verifies chain and name."""
    argv = ["gnutls-cli", "--port", address[1], "--x509cafile", pki.path(ca + ".pem"),
            "--sni-hostname", name, "--verify-hostname", name]
    argv += [] if datagrams else ["--priority", gnutls_priority(version)]
    if cert:
        argv += ["--x509certfile", pki.path(cert + ".chain.pem"),
                 "--x509keyfile", pki.path(cert + ".key")]
    return Process(argv + list(extra) + [address[0]])


# --- nginx and curl --------------------------------------------------------

NGINX = """
worker_processes 1;
daemon off;
master_process off;
{user}
pid {folder}/nginx.pid;
error_log stderr notice;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 8m;
  default_type text/plain;
  server {{
    listen unix:{folder}/inner.sock;
    location / {{ return 200 "received=$content_length\\n"; }}
  }}
  server {{
    listen {host}:{port} ssl;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    ssl_protocols {protocols};
    ssl_session_cache shared:tls:1m;
    ssl_session_tickets {tickets};
    ssl_session_timeout {lifetime};
    {verify}
    location / {{ return 200 "protocol=$ssl_protocol reused=$ssl_session_reused cipher=$ssl_cipher sni=$ssl_server_name client=$ssl_client_verify subject=$ssl_client_s_dn\\n"; }}
    location /files/ {{ alias {folder}/files/; }}
    location /upload {{ proxy_pass http://unix:{folder}/inner.sock:/; }}
  }}
}}
"""


def nginx(cert="server-ecdsa", version=None, client_ca=None, tickets=True, files=None,
          port=0, host=HOST, lifetime=300):
    """nginx.  `/` tells about the connection (`reused=r` when resumed, else `reused=.`),
    `/files/NAME` serves files={NAME: bytes}, a POST to `/upload` tells how much arrived.
    Sessions can be resumed for `lifetime` seconds."""
    verify = ""
    if client_ca:
        verify = "ssl_verify_client on; ssl_verify_depth 4; ssl_client_certificate %s;" % (
            pki.path(client_ca + ".pem"))
    protocols = "TLSv1.2 TLSv1.3" if version is None else "TLSv" + version

    def start(port):
        folder = tempfile.mkdtemp(prefix="ussl-nginx-")
        os.mkdir(os.path.join(folder, "files"))
        for name, data in (files or {}).items():
            write_file(os.path.join(folder, "files", name), data)
        config = os.path.join(folder, "nginx.conf")
        write_file(config, NGINX.format(
            user="user root;" if os.geteuid() == 0 else "", folder=folder, host=host, port=port,
            cert=pki.path(cert + ".chain.pem"), key=pki.path(cert + ".key"),
            protocols=protocols, tickets="on" if tickets else "off", verify=verify,
            lifetime=lifetime).encode())
        server = Server([sbin("nginx"), "-p", folder, "-c", config, "-e", "stderr"])
        server.folder = folder
        server.host = host
        return server.wait_listening(port)
    return start_on_free_port(start, port)


class CurlRun:
    """An ended curl: `status`, `log` (the words of -v) and `body` (bytes)."""

    def __init__(self, done):
        self.status = done.returncode
        self.log = done.stderr.decode("utf-8", "replace")
        self.body = done.stdout


def curl(urls, ca="root-ecdsa", version=None, cert=None, extra=(), timeout=20):
    """Run curl over the URLs in one process, so that it may resume."""
    argv = ["curl", "-v", "-s", "-S", "--noproxy", "*", "--max-time", str(timeout),
            "--cacert", pki.path(ca + ".pem")]
    if version:
        argv += ["--tlsv" + version, "--tls-max", version]
    if cert:
        argv += ["--cert", pki.path(cert + ".chain.pem"), "--key", pki.path(cert + ".key")]
    try:
        return CurlRun(subprocess.run(argv + list(extra) + list(urls), stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    except FileNotFoundError:
        raise PeerError("curl is not installed") from None


# --- HAProxy ---------------------------------------------------------------

HAPROXY = """
global
  maxconn 100
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen tls
  bind {host}:{port}
  balance roundrobin
{servers}
"""


def haproxy(addresses, port=0, host=HOST):
    """HAProxy in front of these servers, one after the other; TLS is theirs."""
    servers = "".join("  server s%d %s:%d\n" % ((n,) + address) for n, address in enumerate(addresses))

    def start(port):
        folder = tempfile.mkdtemp(prefix="ussl-haproxy-")
        config = os.path.join(folder, "haproxy.cfg")
        write_file(config, HAPROXY.format(host=host, port=port, servers=servers).encode())
        server = Server([sbin("haproxy"), "-db", "-f", config])
        server.folder = folder
        server.host = host
        return server.wait_listening(port)
    return start_on_free_port(start, port)


# --- mosquitto -------------------------------------------------------------

MOSQUITTO = """
listener {port} 127.0.0.1
cafile {ca}
certfile {cert}
keyfile {key}
require_certificate {require}
use_identity_as_username {require}
allow_anonymous {anonymous}
tls_version tlsv{version}
{user}
log_dest stderr
log_type all
persistence false
"""


def mosquitto(cert="server-ecdsa", version=None, client_ca="root-ecdsa", port=0):
    """An MQTT broker that demands a client certificate, and takes its name as user name.

    `version` is the lowest it accepts (1.2 for None); the client pins the rest.
    """
    def start(port):
        folder = tempfile.mkdtemp(prefix="ussl-mosquitto-")
        config = os.path.join(folder, "mosquitto.conf")
        write_file(config, MOSQUITTO.format(
            port=port, ca=pki.path((client_ca or "root-ecdsa") + ".pem"),
            cert=pki.path(cert + ".chain.pem"), key=pki.path(cert + ".key"),
            require="true" if client_ca else "false", anonymous="false" if client_ca else "true",
            user="user root" if os.geteuid() == 0 else "", version=version or "1.2").encode())
        server = Server([sbin("mosquitto"), "-c", config])
        server.folder = folder
        return server.wait_listening(port)
    return start_on_free_port(start, port)


def write_file(path, data):
    with open(path, "wb") as file:
        file.write(data)


def sbin(name):
    """Servers live in /usr/sbin, which is not in everybody's PATH."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")
    return found or name
