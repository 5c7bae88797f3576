"""Two columns of text with connections between them, as lines of a width.

│ weight            4×3 ◀━ − lr · ∂weight ━━ │ ∂weight
├┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ x ┄┄┄┄┄┄┄┄┄┄▶ ├ dense_weight_grad(x, g)
▼ dense(x, weight)  n×3                      ▲ g
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from netcli.report.text import Line, Style, Styled, clip, is_unicode, line_width, printable, restyle, text_of, width_of

#: What connects the columns: a value kept for the backward pass (to the right), an update (to the left), one line of all.
Kind = Literal["kept", "update", "turn"]


@dataclass(frozen=True)
class Side:
    """A guide, a text and a shape; the guide is one column wide, or wider where guides part and meet.

    `before` are the guides of what goes past it.
    """

    guide: str = " "
    text: str = ""
    shape: str = ""
    style: Style | None = None
    before: str = ""

    @property
    def indent(self) -> int:
        """How much further right its text begins than that of a side with one guide."""
        return width_of(self.before) + width_of(self.guide) - 1

    @property
    def width(self) -> int:
        """The columns that its text takes, with what it is indented by."""
        return self.indent + width_of(self.text)


@dataclass(frozen=True)
class Connection:
    """A line between the columns, named by the first of the labels that has room; `tapped`: from the left guide itself."""

    kind: Kind
    labels: tuple[str, ...]
    tapped: bool = False


@dataclass(frozen=True)
class PictureLine:
    """One line: both sides and what connects them; or a rule across, with a title, that both guides pass.

    A title begins `indent` columns further right.
    """

    left: Side
    right: Side
    connection: Connection | None = None
    title: Line | None = None
    indent: int = 0


@dataclass(frozen=True)
class _Widths:
    """Columns of the terminal for each part; a part of width 0 is left out."""

    left: int
    left_shape: int
    middle: int
    right: int
    right_shape: int

    @property
    def left_part(self) -> int:
        """The left side behind its guide, with a blank before and behind it."""
        return 1 + self.left + (1 + self.left_shape if self.left_shape else 0) + 1

    @property
    def total(self) -> int:
        """A line: a blank, a guide, the left part; the connection and a blank; a guide, a blank, the right part."""
        right = self.middle + 3 + self.right + (1 + self.right_shape if self.right_shape else 0) if self.middle else 0
        return 2 + self.left_part + right


#: Texts and connections that can be read, and the least there is.
_GOOD_TEXT, _GOOD_MIDDLE = 20, 14
_LEAST_TEXT, _LEAST_MIDDLE = 8, 12
_GREATEST_MIDDLE = 46
#: A label of a connection has a blank and two signs on both sides.
_AROUND_LABEL = 6
_DASHES: Mapping[Kind, tuple[str, Style]] = {"kept": ("┄", "muted"), "update": ("━", "update"), "turn": ("━", "backward")}

#: Guides that a rule passes.
_RULED = str.maketrans("│ ", "┼─")
#: Guides that a kept value passes, or an update, and the blanks between them.
_KEPT, _UPDATED = str.maketrans("│ ", "┆┄"), str.maketrans("│ ", "┿━")

_ASCII = str.maketrans("▼▲│├┌└╭╮╰╯┼┿┴┆┄━─◀▶×·−∂…₀₁₂₃₄₅₆₇₈₉", "v^||,`,.`'+++:.=-<>x*-d~0123456789")


def lay_out(rows: Sequence[PictureLine], width: int | None, encoding: str = "utf-8") -> list[Line]:
    """The lines of the picture in at most `width` columns (None: as wide as it likes), in characters the encoding has."""
    widths = _fit(_natural(rows), width)
    lines = [_line(row, widths) for row in rows]
    return [line_in(line, encoding) for line in lines]


def line_in(line: Line, encoding: str) -> Line:
    """The line in characters of the encoding: signs become single ASCII characters, so that columns stay where they are."""
    if is_unicode(encoding):
        return tuple(restyle(cell, printable(text_of(cell), encoding)) for cell in line)
    return tuple(restyle(cell, printable(text_of(cell).translate(_ASCII), encoding)) for cell in line)


def _natural(rows: Sequence[PictureLine]) -> _Widths:
    """The widths with which nothing is cut."""
    rows = [row for row in rows if row.title is None]

    def widest(texts: Iterable[str]) -> int:
        return max(map(width_of, texts), default=0)

    labels = [row.connection.labels[0] for row in rows if row.connection is not None]
    return _Widths(
        left=max((row.left.width for row in rows), default=0),
        left_shape=widest(row.left.shape for row in rows),
        middle=min(max(widest(labels) + _AROUND_LABEL, _LEAST_MIDDLE), _GREATEST_MIDDLE) if labels else 0,
        right=max((row.right.width for row in rows), default=0),
        right_shape=widest(row.right.shape for row in rows),
    )


def _fit(widths: _Widths, width: int | None) -> _Widths:
    """Widths that fit: what is given up first is least missed. Shapes of gradients are those of the values beside them."""
    if width is None or widths.total <= width:
        return widths
    widths = _shorter_middle(widths, width, _GOOD_MIDDLE)
    if widths.total > width:
        widths = replace(widths, right_shape=0)
    widths = _shorter_middle(_shorter_texts(widths, width, _GOOD_TEXT), width, _LEAST_MIDDLE)
    widths = _shorter_texts(widths, width, _LEAST_TEXT)
    return widths if widths.total <= width else replace(widths, left_shape=0)


def _shorter_middle(widths: _Widths, width: int, least: int) -> _Widths:
    return replace(widths, middle=min(widths.middle, max(widths.middle - max(widths.total - width, 0), least)))


def _shorter_texts(widths: _Widths, width: int, least: int) -> _Widths:
    """The longer text gives first."""
    while widths.total > width and max(widths.left, widths.right) > least:
        if widths.left > widths.right:
            widths = replace(widths, left=widths.left - 1)
        else:
            widths = replace(widths, right=widths.right - 1)
    return widths


def _line(row: PictureLine, widths: _Widths) -> Line:
    if row.title is not None:
        return _rule(row.title, row, widths)
    left, right, connection = row.left, row.right, row.connection
    line: Line = (" ", Styled(left.before + left.guide, "forward"))
    if connection is not None and (connection.kind == "turn" or connection.tapped):
        line += _connection(connection, widths.left_part + widths.middle + 1 - left.indent, widths.middle)
    else:
        line += (" ", *_padded(left, widths.left, widths.left_shape), " ")
        line += _connection(connection, widths.middle + 1, widths.middle)
    if not widths.middle:
        return line
    if connection is not None and connection.kind == "kept" and right.before:
        line = _through(line, right.before)
    else:
        line += (Styled(_crossed(right.before, connection), "backward"),)
    line += (Styled(right.guide, "backward"), " ")
    return line + _padded(right, widths.right, widths.right_shape)


def _crossed(before: str, connection: Connection | None) -> str:
    """Guides, where an update passes them on its way from the guide behind them."""
    return before.translate(_UPDATED) if connection is not None and connection.kind == "update" else before


def _through(line: Line, before: str) -> Line:
    """A line that ends with the arrow of a kept value: the arrow passes the guides before it."""
    *kept, end = line
    dashes = text_of(end).replace("▶ ", "┄┄")
    passed = before.translate(_KEPT)[:-1] + "▶"
    return (*kept, restyle(end, dashes), Styled(passed, "muted"))


def _padded(side: Side, width: int, shape_width: int) -> Line:
    room = max(width - side.indent, 0)
    text = clip(side.text, room)
    line: Line = (Styled(text, side.style), " " * (room - width_of(text)))
    return (*line, Styled(f" {clip(side.shape, shape_width):>{shape_width}}", "muted")) if shape_width else line


def _connection(connection: Connection | None, width: int, middle: int) -> Line:
    """The connection, with the blank behind it; its label stands about the middle of the last `middle` columns."""
    if connection is None:
        return (" " * width,)
    room = width - 1 - _AROUND_LABEL
    fitting = [label for label in connection.labels if width_of(label) <= room]
    label = f" {fitting[0] if fitting else clip(connection.labels[-1], room)} "
    behind = max((middle - width_of(label)) // 2 + 1, 3)
    dash, style = _DASHES[connection.kind]
    before = dash * (width - width_of(label) - behind)
    if connection.kind == "update":
        return (Styled("◀" + before[1:], style), Styled(label, style), Styled(dash * behind, style))
    end = dash * behind if connection.kind == "turn" else dash * (behind - 2) + "▶ "
    return (Styled(before, style), Styled(label, "forward"), Styled(end, style))


def _rule(title: Line, row: PictureLine, widths: _Widths) -> Line:
    """A rule across with the title in it; guides go through it."""
    before = 2 + widths.left_part + widths.middle + 1 if widths.middle else widths.total
    line: Line = (" ", Styled(row.left.before + row.left.guide, "forward"), Styled("─" * (row.indent + 1) + " ", "muted"))
    line += (*_clipped(title, before - line_width(line) - 2), " ")
    line += (Styled("─" * (before - line_width(line)), "muted"),)
    if not widths.middle:
        return line
    guides = row.right.before.translate(_RULED) + row.right.guide
    return (*line, Styled(guides, "backward"), Styled("─" * (widths.total - before - width_of(guides)), "muted"))


def _clipped(title: Line, width: int) -> Line:
    """As many of the pieces as have room; the first one is cut."""
    shown: Line = (restyle(title[0], clip(text_of(title[0]), width)),)
    for cell in title[1:]:
        if line_width((*shown, cell)) > width:
            break
        shown += (cell,)
    return shown
