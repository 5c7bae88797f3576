"""Places in a text, and how values are quoted in messages about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netcli.errors import Place

LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what YAML counts as one

#: Characters of a value that a message shows.
SHOWN = 60


@dataclass(frozen=True)
class Lines:
    """A text cut into lines, and the name of the file or argument that it came from."""

    source: str
    lines: Sequence[str]

    @staticmethod
    def of(source: str, text: str) -> Lines:
        """The lines of `text`."""
        return Lines(source, LINE_BREAK.split(text))

    def line(self, index: int) -> str:
        """The text of a line counted from 0; empty after the last."""
        return self.lines[index] if index < len(self.lines) else ""

    def place(self, line: int, column: int) -> Place:
        """The place at a line and column counted from 0, as the parser does; past the end it is the text's end."""
        if line >= len(self.lines):
            line = len(self.lines) - 1
            column = len(self.lines[line])
        return Place(self.source, line + 1, column + 1, self.lines[line])

    def end(self) -> Place:
        """The end of the last line that says something."""
        last = max((index for index, line in enumerate(self.lines) if line.strip()), default=0)
        return self.place(last, len(self.lines[last].rstrip()))


def quoted(text: str) -> str:
    """The text in double quotes, shortened, with nothing in it that a terminal would obey."""
    shown = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
    return '"' + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown) + '"'


def found(value: Any) -> str:
    """A value of the YAML and its type, in words."""
    match value:
        case None:
            return "nothing (null)"
        case bool():
            return f"{'true' if value else 'false'} (a yes-or-no value)"
        case int() | float():
            number = (
                repr(value) if isinstance(value, float) or abs(value) < 10**SHOWN else f"a number of more than {SHOWN} digits"
            )
            return number.replace("inf", ".inf").replace("nan", ".nan")
        case str():
            return f"{quoted(value)} (text)"
        case list():
            return f"a list of {len(value)}" if value else "an empty list"
        case dict():
            keys = ", ".join(map(quoted, list(value)[:5])) + (", …" if len(value) > 5 else "")
            return f"a mapping with {keys}" if value else "an empty mapping"
    raise TypeError(f"not a value of YAML: {value!r}")
