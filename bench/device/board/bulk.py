"""Instructions for the bytes of long transfers, lwIP and the driver left out."""

import meter

import sides

TOTAL = 256 * 1024


def report(name):
    count, network = meter.stop()[:2]
    sides.figure(name, count / TOTAL)
    sides.figure(name + "-network", network / TOTAL)


def write(tls, block):
    data = bytes(block)
    meter.start(False)
    for _ in range(TOTAL // block):
        tls.write(data)
    report("write-%d" % block)


def read(tls, block):
    buf = bytearray(block)
    sides.peer_sends(TOTAL)
    meter.start(False)
    for _ in range(TOTAL // block):
        tls.readinto(buf)
    report("read-%d" % block)


def run():
    words = sides.words()
    sock = sides.connected(words["port"])
    tls = sides.client_context(words["version"]).wrap_socket(sock, server_hostname=sides.NAME)
    for block in map(int, words["blocks"].split(",")):
        write(tls, block)
        read(tls, block)
    tls.close()
