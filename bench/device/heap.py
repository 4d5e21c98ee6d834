"""The smallest heap on which a client's handshake succeeds, found by trying."""
from . import emulator, figures, openssl

STEP = 256
MOST = 65536
PATIENCE = 20
REACH = {"1.2": "16,384"}


def attempt(module, version, heap, peer):
    """(does the handshake succeed, bytes in use before its context is made)"""
    words = {"port": peer.port, "version": version}
    with emulator.Board(module, "smallest", words, ["--heap", str(heap), "--no-flash"]) as board:
        try:
            said = dict(line.split(" ", 1) for line in board.lines(PATIENCE) if " " in line)
            return "done" in said, int(said.get("before", 0))
        except emulator.Failed:
            return False, 0


def smallest(module, version):
    """(bytes in steps, bytes in use before), or None if not even the largest heap will do."""
    with openssl.Server(version) as peer:
        success, before = attempt(module, version, MOST, peer)
        if not success:
            return None
        low, high = 0, MOST // STEP  # fails, succeeds
        while high - low > 1:
            middle = (low + high) // 2
            success, _ = attempt(module, version, middle * STEP, peer)
            low, high = (low, middle) if success else (middle, high)
        return high * STEP, before


def run():
    made = figures.table(
        "Device: smallest heap for a handshake, bytes",
        "all that MicroPython is given, in steps of %d, its tables included; the program is\n"
        "frozen, /flash not mounted" % STEP)
    for version in ("1.2", "1.3"):
        found = {module: smallest(module, version)
                 for module in emulator.MODULES if version in figures.versions(module)}
        found = {module: both for module, both in found.items() if both}
        figures.add(made, "TLS %s client" % version, {m: both[0] for m, both in found.items()},
                    figures.size, REACH.get(version, ""))
        figures.add(made, "TLS %s client: of it in use before" % version,
                    {m: both[1] for m, both in found.items()}, figures.size)
    yield made
