"""Tables in plain text: words flush left, figures flush right."""


class Table:
    """`titles` are lines of one word per column, `words` the columns flush left."""

    def __init__(self, name, about, *titles, words=(0,)):
        self.name = name
        self.about = about
        self.titles = titles
        self.words = words
        self.rows = []
        self.notes = []

    def add(self, *cells):
        self.rows.append([cell if isinstance(cell, str) else number(cell) for cell in cells])

    def text(self):
        rows = [list(line) for line in self.titles] + self.rows
        widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
        lines = [self.line(row, widths) for row in rows]
        lines.insert(len(self.titles), "-" * (sum(widths) + 2 * (len(widths) - 1)))
        return "\n".join([self.name, self.about, ""] + lines + self.notes) + "\n"

    def line(self, row, widths):
        return "  ".join(cell.ljust(width) if at in self.words else cell.rjust(width)
                         for at, (cell, width) in enumerate(zip(row, widths))).rstrip()


def number(value):
    """Three figures that matter, and all of those before the point."""
    if value >= 100:
        return "{:,.0f}".format(value)
    return "%.*f" % (1 if value >= 10 else 2, value)


def times(ratio):
    return number(ratio) + "x"
