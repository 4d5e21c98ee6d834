"""Memory that outlives a reset, as a block device."""

import uctypes

BLOCK = 512


class RAMDisk:
    def __init__(self, start, size):
        self._data = uctypes.bytearray_at(start, size)

    def readblocks(self, block, buf, offset=0):
        at = block * BLOCK + offset
        buf[:] = memoryview(self._data)[at : at + len(buf)]

    def writeblocks(self, block, buf, offset=None):
        at = block * BLOCK + (offset or 0)
        self._data[at : at + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 4:
            return len(self._data) // BLOCK
        if op == 5:
            return BLOCK
        return 0
