# Certificates and keys in every form, through MicroPython's own file systems.
# peers: tls13 rsa=tls13,cert=server-rsa mutual=tls13,verify=required
from harness import *
import errno
import os
import vfs

import ssl


class RamDisk:
    # A block device in memory, the smallest that FAT and LittleFS accept.
    SIZE = 512

    def __init__(self, blocks):
        self.data = bytearray(blocks * self.SIZE)

    def readblocks(self, block, buf, offset=0):
        start = block * self.SIZE + offset
        buf[:] = self.data[start:start + len(buf)]

    def writeblocks(self, block, buf, offset=None):
        start = block * self.SIZE + (offset or 0)
        self.data[start:start + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 4:
            return len(self.data) // self.SIZE
        if op == 5:
            return self.SIZE
        if op == 6:
            return 0


def copy(name, path):
    with open(path, "wb") as file:
        file.write(content(name))


def accepts(**named):
    ss = ssl.wrap_socket(tcp(peers.tls13), cert_reqs=ssl.CERT_REQUIRED, **named)
    exchange(ss)
    ss.close()


# ---- trust anchors ----

for _name in ("root-ecdsa.pem", "root-ecdsa.der", "roots.pem", "bundle.pem", "bundle-crlf.pem"):
    case("ca_certs " + _name, lambda name: accepts(ca_certs=pki(name)), _name)
case("ca_certs capath", lambda: accepts(ca_certs=folder("capath")))
for _name in ("root-ecdsa.pem", "root-ecdsa.der", "roots.pem", "bundle.pem", "bundle-crlf.pem"):
    case("cadata " + _name, lambda name: accepts(cadata=content(name)), _name)


def every_root_counts(anchors):
    for peer in (peers.tls13, peers.rsa):
        ss = ssl.wrap_socket(tcp(peer), cert_reqs=2, ca_certs=anchors())
        exchange(ss)
        ss.close()


case("every root of a bundle counts", every_root_counts, lambda: pki("bundle.pem"))
case("every root of a folder counts", every_root_counts, lambda: folder("capath"))


@test
def cadata_as_other_buffers():
    for kind in (bytearray, memoryview):
        accepts(cadata=kind(content("root-ecdsa.der")))


# ---- identities, judged by a peer that demands one ----


def shown(cert, key, data=False):
    forget()
    named = {"cert": content(cert), "key": content(key)} if data else {"certfile": pki(cert)}
    if key and not data:
        named["keyfile"] = pki(key)
    ss = ssl.wrap_socket(tcp(peers.mutual), **named)
    equal(told(ss)["peer"], cert.split(".")[0])
    ss.close()


for _row in (
    ("client-ecdsa.chain.pem", "client-ecdsa.key"),
    ("client-ecdsa.chain.pem", "client-ecdsa.key.der"),
    ("client-ecdsa.chain.pem", "client-ecdsa.old.key"),
    ("client-ecdsa.chain.pem", "client-ecdsa.old.key.der"),
    ("client-ecdsa.both.pem", None),
    ("client-ecdsa.both.pem", "client-ecdsa.key"),
    ("client-rsa.chain.pem", "client-rsa.key"),
    ("client-rsa.chain.pem", "client-rsa.key.der"),
    ("client-rsa.chain.pem", "client-rsa.old.key"),
    ("client-rsa.chain.pem", "client-rsa.old.key.der"),
    ("client-rsa.both.pem", None),
):
    case("identity %s and %s" % _row, shown, *_row)
for _row in (
    ("client-ecdsa.chain.pem", "client-ecdsa.key"),
    ("client-ecdsa.chain.pem", "client-ecdsa.key.der"),
    ("client-ecdsa.chain.pem", "client-ecdsa.old.key.der"),
    ("client-rsa.chain.pem", "client-rsa.old.key.der"),
):
    case("identity as data %s and %s" % _row, shown, _row[0], _row[1], True)


# ---- one argument for both: a str is a path, unless it is PEM's text ----


def shown_by(make):
    # make gives the socket; the names are as the program has them.
    cert, key = "client-ecdsa.chain.pem", "client-ecdsa.key"
    for pair in ((pki(cert), pki(key)), (content(cert).decode(), content(key).decode()),
                 (content(cert), content(key)), (pki(cert), content(key).decode())):
        forget()
        ss = make(*pair)
        equal(told(ss)["peer"], "client-ecdsa")
        ss.close()


def in_a_context(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(content("root-ecdsa.pem").decode())
    context.load_cert_chain(cert, key)
    return context.wrap_socket(tcp(peers.mutual), server_hostname="localhost")


case("key and cert of wrap_socket", shown_by, lambda cert, key: ssl.wrap_socket(tcp(peers.mutual), cert=cert, key=key))
case("what a context loads", shown_by, in_a_context)


@test
def a_path_that_does_not_exist():
    missing = pki("no-such-file.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for attempt in (lambda: ssl.wrap_socket(socket.socket(), cert=missing, key=missing),
                    lambda: context.load_cert_chain(missing, missing),
                    lambda: context.load_verify_locations(missing)):
        raises(OSError, attempt, contains="no-such-file.pem", errno=errno.ENOENT)


def der_identity(named):
    # Without its intermediate the peer cannot build the chain: it must say so.
    forget()
    raises(OSError, lambda: told(ssl.wrap_socket(tcp(peers.mutual), **named)))
    end = report("mutual")["end"]
    true("CERTIFICATE_VERIFY_FAILED" in end, end)


case("DER certificate as file", der_identity,
     {"certfile": pki("client-ecdsa.der"), "keyfile": pki("client-ecdsa.key.der")})
case("DER certificate as data", der_identity,
     {"cert": content("client-ecdsa.der"), "key": content("client-ecdsa.key.der")})


def serves(cert, key):
    listener = socket.socket()
    ss = ssl.wrap_socket(listener, server_side=True, certfile=pki(cert), keyfile=key and pki(key))
    ss.bind((peers.HERE, 0))
    ss.listen(1)
    ss.close()


case("server identity, DER both", serves, "direct.der", "direct.key.der")
case("server identity, one file", serves, "server-rsa.both.pem", None)


# ---- mounted file systems ----


def on_mounted(make):
    disk = RamDisk(200)
    make.mkfs(disk)
    vfs.mount(make(disk), "/disk")
    try:
        os.mkdir("/disk/cert")
        copy("root-ecdsa.pem", "/disk/cert/ca.pem")
        copy("client-ecdsa.chain.pem", "/disk/cert/cert.pem")
        copy("client-ecdsa.key", "/disk/cert/private.key")
        mounted_cases()
    finally:
        vfs.umount("/disk")


def mounted_cases():
    ss = ssl.wrap_socket(
        tcp(peers.mutual), cert_reqs=ssl.CERT_REQUIRED, ca_certs="/disk/cert/ca.pem",
        certfile="/disk/cert/cert.pem", keyfile="/disk/cert/private.key")
    equal(told(ss)["peer"], "client-ecdsa")
    ss.close()
    cwd = os.getcwd()
    os.chdir("/disk/cert")
    try:
        accepts(ca_certs="ca.pem")
    finally:
        os.chdir(cwd)
    raises(OSError, ssl.wrap_socket, socket.socket(), cert_reqs=2, ca_certs="/disk/none.pem",
           errno=errno.ENOENT, contains="/disk/none.pem")
    os.mkdir("/disk/roots")
    copy("root-ecdsa.der", "/disk/roots/a.der")
    copy("root-rsa.pem", "/disk/roots/b.pem")
    accepts(ca_certs="/disk/roots")


for _name in ("VfsFat", "VfsLfs2", "VfsLfs1"):
    if hasattr(vfs, _name):
        case("mounted " + _name, on_mounted, getattr(vfs, _name))


@test
def files_are_closed_again():
    # An open file would keep the file system busy on a board; here count descriptors.
    try:
        before = len(os.listdir("/proc/self/fd"))
    except OSError:
        raise Skip("no /proc here")
    for _ in range(20):
        raises(ssl.SSLError, ssl.wrap_socket, socket.socket(), cert_reqs=2, ca_certs=pki("garbage.bin"))
        serves("server-ecdsa.both.pem", None)
    gc.collect()
    true(len(os.listdir("/proc/self/fd")) < before + 25, "descriptors are left open")


run()
