"""A network of our own for one test program: loopback only, our own hosts file.

    netns.enter({"www.google.com": "127.0.0.1"})

starts the running script again inside new network and mount namespaces and
never returns outside of them; inside it returns at once.  It needs root, or
user namespaces; where neither works, `Unavailable` says why.
"""
import atexit
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

INSIDE = "USSL_NETNS"
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


class Unavailable(Exception):
    """Neither root nor user namespaces work here."""


def enter(hosts):
    if os.environ.get(INSIDE):
        loopback_up()
        set_hosts(hosts)
        return
    words = unshare_words()
    os.environ[INSIDE] = "1"
    sys.stdout.flush()
    os.execvp(words[0], words + [sys.executable] + sys.argv)


def unshare_words():
    """The first way of making namespaces that works."""
    why = ""
    for words in (["unshare", "--net", "--mount"],
                  # In a chroot / is no mount point, so its propagation cannot be set.
                  ["unshare", "--net", "--mount", "--propagation", "unchanged"],
                  ["unshare", "--map-root-user", "--net", "--mount"]):
        done = subprocess.run(words + ["mount", "--rbind", "/etc", "/etc"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode == 0:
            return words
        why = done.stdout.decode("utf-8", "replace").strip()
    raise Unavailable("no network namespace as root or as user: " + why)


def loopback_up():
    with socket.socket() as sock:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(sock, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))


def set_hosts(hosts):
    """Put a folder of links over /etc, with a hosts file of ours among them.

    Not a bind mount of the one file: it may not exist, and is not ours to make.
    """
    folder = tempfile.mkdtemp(prefix="ussl-etc-")
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and remove(folder))
    real, links = os.path.join(folder, "real"), os.path.join(folder, "etc")
    os.mkdir(real)
    os.mkdir(links)
    subprocess.run(["mount", "--rbind", "/etc", real], check=True)
    for name in os.listdir(real):
        if name not in ("hosts", "nsswitch.conf", "resolv.conf"):
            os.symlink(os.path.join(real, name), os.path.join(links, name))
    with open(os.path.join(links, "hosts"), "w") as file:
        file.write("127.0.0.1 localhost\n::1 localhost\n")
        file.writelines("%s %s\n" % (address, name) for name, address in hosts.items())
    with open(os.path.join(links, "resolv.conf"), "w") as file:
        file.write("nameserver 127.0.0.1\n")  # tests/support/dns.py, where it is wanted
    with open(os.path.join(links, "nsswitch.conf"), "w") as file:
        file.write("passwd: files\ngroup: files\nhosts: files\n")
    subprocess.run(["mount", "--bind", links, "/etc"], check=True)


def remove(folder):
    """Take the mounts away first, so that nothing of the real /etc is in reach."""
    subprocess.run(["umount", "-l", "/etc"], check=True)
    subprocess.run(["umount", "-l", os.path.join(folder, "real")], check=True)
    os.rmdir(os.path.join(folder, "real"))
    shutil.rmtree(folder)
