#!/usr/bin/env python3
"""Compare the table of docs/cpython.md with CPython's ssl and with ussl.

Every name of CPython has a row; a name that is `absent` there is not in ussl, and one that is
`same` or `differs` is.
"""
import os
import re
import ssl
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from module import TESTS, ours  # noqa: E402
from support.report import Skip, case, end  # noqa: E402

TABLE = os.path.join(os.path.dirname(TESTS), "docs", "cpython.md")
STATES = ("same", "differs", "absent")
# Sections about a type; all others are about the module.
TYPES = ("SSLContext", "SSLSocket", "SSLObject", "SSLSession", "MemoryBIO", "TLSVersion", "Purpose",
         "SSLCertVerificationError")
# What CPython sets on objects, so that dir() of the type does not tell.
ON_OBJECTS = {"SSLSocket": {"server_side", "server_hostname"},
              "SSLCertVerificationError": {"library", "reason", "verify_code", "verify_message"}}
# Private by its name, and called by programs all the same.
CALLED = {"_create_unverified_context"}


class Row:
    """A name of the table, the state, and what is said of versions."""

    def __init__(self, kind, name, note, state):
        self.kind, self.name, self.note, self.state = kind, name, note or "", state

    def expected(self):
        """Whether this CPython has the name; None where that cannot be known."""
        version = re.match(r"(to )?3\.(\d+)$", self.note)
        if not version:
            return None if self.note else True
        number = int(version.group(2))
        return sys.version_info[1] <= number if version.group(1) else sys.version_info[1] >= number

    def __str__(self):
        return self.name if self.kind == "ssl" else "%s.%s" % (self.kind, self.name)


def rows():
    kind = "ssl"
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            heading = re.match(r"## (.*)", line)
            if heading:
                kind = heading.group(1) if heading.group(1) in TYPES else "ssl"
            cells = [cell.strip() for cell in line.split("|")]
            if len(cells) > 3 and "`" in cells[1]:
                for name, note in re.findall(r"`(\w+)`(?: \(([^)]*)\))?", cells[1]):
                    yield Row(kind, name, note, cells[2])


def theirs():
    """The names of CPython's module and types."""
    names = {"ssl": {name for name in dir(ssl) if name[0] != "_"} | CALLED}
    for kind in TYPES:
        found = getattr(ssl, kind)
        members = getattr(found, "__members__", None) or [name for name in dir(found) if name[0] != "_"]
        names[kind] = set(members) | ON_OBJECTS.get(kind, set())
    return names


def check_rows(table):
    for row in table:
        assert row.state in STATES, "%s is neither same, differs nor absent, but %r" % (row, row.state)
    names = [str(row) for row in table]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice, "rows twice: " + " ".join(twice)


def check_cpython(table, cpython):
    if sys.version_info < (3, 11):
        raise Skip("the table begins with CPython 3.11")
    listed = {str(row) for row in table}
    missing = [str(Row(kind, name, "", "")) for kind in cpython for name in sorted(cpython[kind])]
    missing = [name for name in missing if name not in listed]
    assert not missing, "CPython's names without a row: " + " ".join(missing)
    strange = [str(row) for row in table if row.expected() is not None
               and row.expected() != (row.name in cpython[row.kind])]
    assert not strange, "CPython %d.%d is not as the table says: %s" % (sys.version_info[:2] + (" ".join(strange),))


def check_ussl(table, found):
    found = dict(found, SSLCertVerificationError=found["SSLError"])
    there = [str(row) for row in table if row.state == "absent" and row.name in found[row.kind]]
    assert not there, "called absent, and in ussl: " + " ".join(there)
    absent = [str(row) for row in table if row.state != "absent" and row.name not in found[row.kind]]
    assert not absent, "not called absent, and not in ussl: " + " ".join(absent)


def check_differences(table):
    """What docs/differences.md says of a name, the table must not deny."""
    states = {}
    for row in table:
        states.setdefault(row.name, set()).add(row.state)
    with open(os.path.join(os.path.dirname(TABLE), "differences.md"), encoding="utf-8") as file:
        section = file.read().split("## From CPython's ssl")[1]
    for line in section.split("\n## ")[0].splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        for name in re.findall(r"`\.?(\w+)", cells[1]) if len(cells) > 4 and cells[3] != "as" else ():
            assert states.get(name) != {"same"}, "%s is called the same, and docs/differences.md says: %s" % (name, line)


def main():
    table = list(rows())
    with case("each row of the table has a state, each name one row"):
        check_rows(table)
    with case("each name of CPython %d.%d has a row" % sys.version_info[:2]):
        check_cpython(table, theirs())
    with case("what differs is not called the same"):
        check_differences(table)
    with case("ussl has what the table says"):
        check_ussl(table, ours())
    end()


if __name__ == "__main__":
    main()
