"""Heap and stack of one connection, by the meter."""
from . import emulator, figures

RUNS = 3


def deepest(runs):
    """The first run, with the deepest stack of all: interrupts come at any depth."""
    return dict(runs[0], stack=max(run["stack"] for run in runs))


def measure():
    """{(role, version): {module: figures}}"""
    found = {}
    for module in emulator.MODULES:
        for version in figures.versions(module):
            for role, run_as in figures.RUN.items():
                runs = [run_as(module, "memory", version) for _ in range(RUNS)]
                found.setdefault((role, version), {})[module] = deepest(runs)
    return found


def with_context(run):
    return run["peak"] + run["context"]


def largest(run):
    return max(run["largest"], run["small-largest"])


HEAP_ROWS = (
    # words, figure or function, {(role, version): what is to be reached}
    ("left behind by a first connection", "shared", {}),
    ("context", "context", {}),
    ("peak in the handshake, with the context", with_context,
     {("client", "1.2"): "12,000", ("client", "1.3"): "13,000"}),
    ("idle after the handshake", "idle",
     dict.fromkeys([(role, v) for role in ("client", "server") for v in ("1.2", "1.3")], "2,500")),
    ("largest block, small records", largest, {("client", "1.2"): "4,300", ("client", "1.3"): "4,300"}),
    ("peak, a write and a read of 200 bytes", "small-peak", {}),
    ("blocks asked for in the handshake", "blocks", {}),
)
STACK_REACH = "2,048"


def rows(made, found, words, what, reach, roles=("client", "server")):
    for (role, version), runs in sorted(found.items()):
        if role not in roles:
            continue
        pick = what if callable(what) else lambda run: run[what]
        values = {module: pick(run) for module, run in runs.items()}
        figures.add(made, "TLS %s %s: %s" % (version, role, words), values, figures.size,
                    reach.get((role, version), ""))


def run():
    found = measure()
    heap = figures.table(
        "Device: heap, bytes",
        "one connection; above what the context holds, unless said otherwise")
    for words, what, reach in HEAP_ROWS:
        rows(heap, found, words, what, reach)
    rows(heap, found, "peak, a write and a read of 16 KB", "large-peak", {}, ("client",))
    yield heap
    stack = figures.table(
        "Device: stack, bytes",
        "in the handshake, below the Python code that asks for it; the deepest of %d runs" % RUNS)
    rows(stack, found, "stack", "stack", dict.fromkeys(found, STACK_REACH))
    yield stack
