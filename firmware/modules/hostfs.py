"""The emulator's host's files below a folder, to be mounted: open and stat, no more."""

import board
import errno


class HostFS:
    def __init__(self, root):
        self._root = root

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def chdir(self, path):
        pass

    def _path(self, path):
        return self._root + "/" + path.lstrip("/")

    def open(self, path, mode):
        return board.HostFile(self._path(path), mode)

    def ilistdir(self, path):
        raise OSError(errno.EOPNOTSUPP)

    def stat(self, path):
        kind = 0x8000
        size = 0
        try:
            with board.HostFile(self._path(path), "rb") as file:
                size = file.seek(0, 2)
        except OSError as e:
            if e.errno != errno.EISDIR:
                raise
            kind = 0x4000
        return (kind, 0, 0, 0, 0, 0, size, 0, 0, 0)
