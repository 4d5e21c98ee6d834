#!/usr/bin/env python3
"""Hold typings/ against the module, and against docs/api.md.

Names in both directions; numbers and names of arguments by calling everything with an object
that nothing accepts; which attributes can be set; types of constants; base classes.  Defaults
cannot be asked for: they are compared with the signatures in docs/api.md.
"""
import ast
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from module import TESTS, ours, run  # noqa: E402
from stubs import PUBLIC, TYPINGS, Signature, Stubs  # noqa: E402
from support.report import case, end  # noqa: E402

API = os.path.join(os.path.dirname(TESTS), "docs", "api.md")
OF_OSERROR = {"args", "errno", "strerror", "value"}


def check_names(stubs, found):
    found = dict(found, SSLError=found["SSLError"] - OF_OSERROR)
    differences = compare("ssl", stubs.names(), found["ssl"])
    for kind in set(found) - {"ssl"}:
        differences += compare(kind, stubs.classes[kind].names(), found[kind])
    assert not differences, "; ".join(differences)


def compare(kind, stub, module):
    return (["%s.%s has no stub" % (kind, name) for name in sorted(module - stub)]
            + ["%s.%s is a stub of nothing" % (kind, name) for name in sorted(stub - module)])


def promises(stubs):
    """What calls.py has to try."""
    return {
        "calls": [(kind, name) + merged(signatures) for kind, name, signatures in stubs.callables()],
        "constants": sorted(stubs.constants.items()),
        "attributes": [(kind, name, writable) for kind, found in stubs.classes.items() if kind.startswith("SSL")
                       for name, writable in found.attributes.items() if kind != "SSLError"],
        "bases": [(name, base) for name, found in stubs.classes.items() for base in found.bases],
        "aliases": sorted(stubs.aliases.items()),
    }


def merged(overloads):
    """One signature that takes what any of the overloads takes."""
    longest = max(overloads, key=lambda one: len(one.names()))
    return (min(one.required for one in overloads), longest.positional_only, longest.either, longest.keyword_only,
            longest.any_number)


def check_calls(stubs):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(promises(stubs), file)
        file.flush()
        faults = run("calls.py", file.name).strip()
    assert not faults, faults.replace("\n", "; ")


def documented():
    """(type or None, name, Signature) of each whole signature in docs/api.md."""
    kind = None
    with open(API, encoding="utf-8") as file:
        for part in re.split(r"^## ", file.read(), flags=re.M):
            title = part.split("\n")[0]
            kind = title if title in ("SSLContext", "SSLSession", "MemoryBIO") else None
            for name, arguments in re.findall(r"(?:`|^)(\w+)\(([^`()]*)\)", part, flags=re.M):
                try:
                    node = ast.parse("def f(%s): pass" % arguments.replace("…", "...")).body[0]
                except SyntaxError:  # "read([n])"
                    continue
                yield kind, name, Signature(node, False)


def check_documentation(stubs):
    written = {(kind, name): signature for kind, name, signature in documented() if signature.defaults}
    compared, faults = 0, []
    for kind, name, signatures in stubs.callables():
        signature = written.get((kind or (name if name in stubs.classes else None), name))
        if signature and len(signatures) == 1:
            compared += 1
            if str(signature) != str(signatures[0]):
                faults.append("%s%s, in the stub %s" % (name, signature, signatures[0]))
    assert not faults, "; ".join(faults)
    assert compared > 8, "only %d signatures were found in docs/api.md" % compared


def is_documented(name, text):
    """By its name, or as `_END` or `BEGINNING_*` in a row with its like."""
    parts = name.split("_")
    families = ["_".join(parts[:n]) + "_*" for n in range(1, len(parts))] + ["`_" + "_".join(parts[n:]) + "`" for n in range(1, len(parts))]
    return re.search(r"\b%s\b" % re.escape(name), text) or any(family in text for family in families)


def check_documented(stubs):
    with open(API, encoding="utf-8") as file:
        text = file.read()
    names = stubs.names().union(*(found.names() for found in stubs.classes.values()))
    missing = sorted(name for name in names if not is_documented(name, text))
    assert not missing, "not in docs/api.md: " + " ".join(missing)


def check_aliases():
    with open(os.path.join(TYPINGS, "ssl.pyi")) as one, open(os.path.join(TYPINGS, "tls.pyi")) as other:
        text = one.read()
        assert text == other.read(), "ssl.pyi and tls.pyi differ"
    assert "from ussl import *\n" in text
    for name in PUBLIC:
        assert "from ussl import %s as %s\n" % (name, name) in text, name


def main():
    stubs = Stubs()
    with case("each name has a stub, each stub a name"):
        check_names(stubs, ours())
    with case("the stubs' arguments, attributes, types and bases are the module's"):
        check_calls(stubs)
    with case("the stubs' defaults are those of docs/api.md"):
        check_documentation(stubs)
    with case("each name is in docs/api.md"):
        check_documented(stubs)
    with case("ssl and tls are stubs of the same names"):
        check_aliases()
    end()


if __name__ == "__main__":
    main()
