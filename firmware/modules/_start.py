import board
import micropython
import os
import sys
import time
import vfs

# What a script may count on, as long as the network has a DHCP server.
ADDRESS_MS = 5000


def mount_flash():
    from ramdisk import RAMDisk

    disk = RAMDisk(board.DISK_START, board.DISK_SIZE)
    try:
        fs = vfs.VfsLfs2(disk)
    except OSError:
        vfs.VfsLfs2.mkfs(disk)
        fs = vfs.VfsLfs2(disk)
    vfs.mount(fs, "/flash")
    os.chdir("/flash")
    sys.path.append("/flash")
    if "cert" not in os.listdir("/flash"):
        os.mkdir("/flash/cert")


def copy(pair):
    source, target = pair.split(":")
    with board.HostFile(source, "rb") as from_, open(target, "wb") as to:
        while data := from_.read(512):
            to.write(data)


def mount_host():
    from hostfs import HostFS

    vfs.mount(HostFS(""), "/host")


def await_address():
    import network

    lan = network.LAN()
    start = time.ticks_ms()
    while not lan.isconnected() and time.ticks_diff(time.ticks_ms(), start) < ADDRESS_MS:
        time.sleep_ms(1)


def execute(path):
    path = "/host" + path
    micropython.kbd_intr(3)  # as at the prompt: Ctrl-C
    sys.argv.insert(0, path)
    sys.path.insert(0, path.rpartition("/")[0])
    execfile(path, {"__name__": "__main__", "__file__": path})


def exit_status(code):
    return code if isinstance(code, int) else 0 if code is None else 1


def prepare(options):
    flash = True
    for name, value in options:
        if name == "flash":
            flash = value != "no"
        elif name == "clock":
            board.clock(None if value == "unset" else int(value))
        elif name == "argv":
            sys.argv.append(value)
        elif name == "path":
            sys.path.insert(0, "/host" + value)
    mount_host()
    if flash:
        mount_flash()
        for name, value in options:
            if name == "put":
                copy(value)
    await_address()


def decode(word):
    return word.replace("%20", " ").replace("%25", "%")


def boot():
    options = [decode(word).split("=", 1) for word in board.options().split()]
    script = [value for name, value in options if name == "script"]
    status = 0
    try:
        prepare(options)
        if script:
            execute(script[0])
    except SystemExit as e:
        status = exit_status(e.args[0] if e.args else None)
    except BaseException as e:
        sys.print_exception(e)
        status = 1
    if script:
        board.exit(status)
