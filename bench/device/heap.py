"""The smallest heap on which a client's handshake succeeds, found by trying."""
from . import emulator, figures, openssl

STEP = 256
MOST = 65536
REACH = {"1.2": "16,384"}


def succeeds(module, version, heap, peer):
    words = {"port": peer.port, "version": version}
    options = ["--heap", str(heap), "--no-flash"]
    with emulator.Board(module, "smallest", words, options) as board:
        try:
            return any(line.startswith("done") for line in board.lines(patience=20))
        except emulator.Failed:
            return False


def smallest(module, version):
    """Bytes, in steps; None if not even the largest heap will do."""
    with openssl.Server(version) as peer:
        if not succeeds(module, version, MOST, peer):
            return None
        low, high = 0, MOST // STEP  # fails, succeeds
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if succeeds(module, version, middle * STEP, peer) else (middle, high)
        return high * STEP


def run():
    made = figures.table(
        "Device: smallest heap for a handshake, bytes",
        "all that MicroPython is given, in steps of %d; the program is in flash, /flash not mounted" % STEP)
    for version in ("1.2", "1.3"):
        found = {module: smallest(module, version)
                 for module in emulator.MODULES if version in figures.versions(module)}
        figures.add(made, "TLS %s client" % version, found, figures.size, REACH.get(version, ""))
    yield made
