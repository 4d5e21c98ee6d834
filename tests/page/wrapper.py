# Runs one example of the page, unchanged, on MicroPython.
#
# The harness sets: EXAMPLE (path), CA (path), FILESYSTEM ("VfsFat",
# "VfsLfs2", or "" on a board that has the CA in its flash), REQUEST (bytes as
# text to send afterwards, or "").  The CA is copied to /flash/cert/ca.pem of a
# file system in RAM.  Prints what came of it as one line of JSON.
import json
import sys
import vfs


class RAMDisk:
    def __init__(self, blocks, size=512):
        self.size = size
        self.data = bytearray(blocks * size)

    def readblocks(self, block, buf, offset=0):
        at = block * self.size + offset
        buf[:] = self.data[at : at + len(buf)]

    def writeblocks(self, block, buf, offset=None):
        at = block * self.size + (offset or 0)
        self.data[at : at + len(buf)] = buf

    def ioctl(self, op, arg):
        return {4: len(self.data) // self.size, 5: self.size}.get(op, 0)


def make_flash():
    import os

    kind = getattr(vfs, FILESYSTEM)
    disk = RAMDisk(200)
    kind.mkfs(disk)
    vfs.mount(kind(disk), "/flash")
    os.mkdir("/flash/cert")
    with open(CA, "rb") as source, open("/flash/cert/ca.pem", "wb") as copy:
        copy.write(source.read())


def facts(names):
    ss = names["ss"]
    found = {
        "version": ss.version(),
        "cipher": ss.cipher()[0],
        "reused": ss.session_reused,
        "subtype": isinstance(ss, names["socket"].socket),
    }
    if REQUEST:
        ss.sendall(REQUEST.encode())
        found["reply"] = ss.read().decode()
    ss.close()
    return found


def main():
    with open(EXAMPLE) as file:
        text = file.read()
    if FILESYSTEM:
        make_flash()
    names = {"__name__": "__main__"}
    try:
        exec(text, names)
    except Exception as error:
        sys.print_exception(error)
        kind = type(error).__name__
        is_ssl = "ssl" in names and isinstance(error, names["ssl"].SSLError)
        print(json.dumps({"error": str(error), "kind": kind, "ssl_error": is_ssl}))
        return
    print(json.dumps(facts(names)))


main()
