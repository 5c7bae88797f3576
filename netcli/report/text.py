"""Text with meaning: the pieces that lines and tables are made of, and how they fit a width and an encoding.

A cell is text, or text with the meaning it has; which colour a meaning gets is the terminal's business (terminal.py).
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: What a piece of text means. Forward, backward and update are the phases of a training step.
Style = Literal["good", "bad", "warn", "muted", "strong", "forward", "backward", "update"]


@dataclass(frozen=True)
class Styled:
    """Text and its meaning; None is plain text."""

    text: str
    style: Style | None


Cell = str | Styled
#: One line of output: cells side by side, with nothing added between them.
Line = tuple[Cell, ...]

# One character each wherever possible, so that columns and sparklines keep their shape.
_ASCII = str.maketrans(
    {
        "▁": ".", "▂": ":", "▃": "-", "▄": "=", "▅": "+", "▆": "*", "▇": "#", "█": "@",
        "─": "-", "━": "=", "╸": "-", "│": "|", "└": "`", "├": "|", "┌": ",", "▸": ">", "▾": "v",
        "×": "x", "·": "-", "•": "*", "−": "-", "–": "-", "—": "-", "→": "->", "←": "<-", "…": "..",
        "’": "'", "‘": "'", "“": '"', "”": '"', "≤": "<=", "≥": ">=", "∞": "inf", "✓": "ok", "✗": "x",
    }
)  # fmt: skip


def text_of(cell: Cell) -> str:
    """The text of a cell, without its meaning."""
    return cell if isinstance(cell, str) else cell.text


def line_text(line: Line) -> str:
    """A line as plain text; blanks at its end are dropped."""
    return "".join(text_of(cell) for cell in line).rstrip()


def width_of(text: str) -> int:
    """Columns that the text takes in a terminal: none for combining marks, two for wide East Asian characters."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def line_width(line: Sequence[Cell]) -> int:
    """Columns that a line takes in a terminal."""
    return sum(width_of(text_of(cell)) for cell in line)


def clip(text: str, width: int, mark: str = "…") -> str:
    """The text in at most `width` columns, cut in the middle: names differ at both ends (`conv1/w`, `conv2/b`)."""
    if width_of(text) <= width:
        return text
    room = max(width - width_of(mark), 0)
    head = _prefix(text, (room + 1) // 2)
    tail = _prefix(text[::-1], room - width_of(head))[::-1]
    return _prefix(head + mark + tail, width)


def _prefix(text: str, width: int) -> str:
    taken = 0
    for index, character in enumerate(text):
        taken += width_of(character)
        if taken > width:
            return text[:index]
    return text


def is_unicode(encoding: str) -> bool:
    """Whether every character can be written in the encoding, which must be one that Python knows."""
    return codecs.lookup(encoding).name.startswith("utf")


def printable(text: str, encoding: str = "utf-8") -> str:
    """The text as a stream of that encoding can show it.

    Where the encoding is not Unicode, signs become ASCII look-alikes and what is left over becomes escapes. Control
    characters become escapes everywhere: a name in a file must not move the cursor.
    """
    shown = text if is_unicode(encoding) else text.translate(_ASCII)
    if not shown.isprintable():
        shown = "".join(repr(c)[1:-1] if _is_control(c) else c for c in shown)
    return shown.encode(encoding, "backslashreplace").decode(encoding)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} and character != "\t"


def printable_line(line: Line, encoding: str) -> Line:
    """Every cell of the line as a stream of that encoding can show it."""
    return tuple(restyle(cell, printable(text_of(cell), encoding)) for cell in line)


def restyle(cell: Cell, text: str) -> Cell:
    """Another text with the meaning of `cell`."""
    return text if isinstance(cell, str) else Styled(text, cell.style)
