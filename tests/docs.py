#!/usr/bin/env python3
"""Check what the documentation says of the tree.

- A link that is no address of the web leads to a file, and to a heading where it names one.
- The table in docs/design.md has each source file, and none that is not there.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from layers import ROOT, files, read  # noqa: E402
from support.report import case, end, equal  # noqa: E402

CODE = re.compile(r"^```.*?^```", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
ELSEWHERE = re.compile(r"[a-z]+:")


def anchors(text):
    """The names that GitHub gives to headings."""
    names = []
    for heading in re.findall(r"^#+ (.*)$", CODE.sub("", text), re.M):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        names.append(re.sub(r"[^\w\- ]", "", words).replace(" ", "-"))
    return names


def wrong_link(page, link):
    """Why this link leads nowhere, or None."""
    path, _, anchor = link.partition("#")
    target = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if not os.path.exists(os.path.join(ROOT, target)):
        return "%s: there is no %s" % (page, target)
    if anchor and anchor not in anchors(read(target)):
        return "%s: %s has no heading %s" % (page, target, anchor)
    return None


def wrong_links():
    pages = [name for name in files() if name.endswith(".md")]
    links = [(page, link) for page in pages for link in LINK.findall(CODE.sub("", read(page)))
             if not ELSEWHERE.match(link)]
    assert len(links) > 100, "only %d links were found" % len(links)
    return [why for why in (wrong_link(*row) for row in links) if why]


def tabled(row):
    """The files that a row's first column names; a folder counts for all in it, x.[ch] for
    both, x* for all that begin so."""
    folder = ""
    for name in re.findall(r"`([^`]+)`", row.split("|")[1]):
        folder = os.path.dirname(name) or folder
        yield os.path.join("src", folder, os.path.basename(name))


def design_table():
    text = read("docs/design.md").split("| file | its one job |")[1].split("\n\n")[0]
    return [name for row in text.splitlines()[2:] for name in tabled(row)]


def matches(pattern, name):
    wanted = re.escape(pattern).replace(r"\*", ".*").replace(r"\[ch\]", "[ch]")
    return re.fullmatch(wanted, name) or pattern.endswith("/") and name.startswith(pattern)


def table_faults():
    table = design_table()
    sources = [name for name in files() if name.startswith("src/") and name.endswith(".c")]
    headers = [name for name in files() if name.startswith("src/") and name.endswith(".h")]
    missing = [name for name in sources if not any(matches(row, name) for row in table)]
    gone = [row for row in table if not any(matches(row, name) for name in sources + headers)]
    return ["%s is not in the table" % name for name in missing] + ["there is no %s" % row for row in gone]


if __name__ == "__main__":
    with case("links lead somewhere"):
        equal(wrong_links(), [])
    with case("a link that leads nowhere is found"):
        assert wrong_link("README.md", "docs/nowhere.md") and wrong_link("README.md", "docs/api.md#nowhere")
        assert wrong_link("docs/api.md", "../README.md#why") is None
    with case("docs/design.md has each source file"):
        equal(table_faults(), [])
    end()
