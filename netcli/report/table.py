"""Tables as values, and how they fit a width. The terminal adds colours to the same lines, so that both look alike."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from netcli.report.text import Cell, Line, Styled, clip, line_text, printable, restyle, text_of, width_of

_GAP = "  "
#: Names of this width can still be told apart; below the least one, nothing is shrunk.
_READABLE_WIDTH, _LEAST_WIDTH = 20, 8


@dataclass(frozen=True)
class Column:
    """A column. Where there is too little room, the columns with the highest `drop` go first (0 never goes); then
    those that may `shrink` lose the middle of their texts.
    """

    title: str
    justify: Literal["left", "right"] = "left"
    shrink: bool = False
    drop: int = 0


@dataclass(frozen=True)
class Table:
    """Rows have a cell for each column. The footer is a last row (totals) behind a rule, the caption a note under it."""

    title: str | None
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str | None = None
    footer: tuple[Cell, ...] | None = None

    def __post_init__(self) -> None:
        for row in _all_rows(self):
            assert len(row) == len(self.columns), f"{len(row)} cells for {len(self.columns)} columns: {row}"


def plain(table: Table, width: int | None = None, encoding: str = "utf-8") -> str:
    """The table as plain text in at most `width` columns (None: of any width), in characters that the encoding has."""
    return "\n".join(line_text(line) for line in layout(table, width, encoding))


def layout(table: Table, width: int | None, encoding: str = "utf-8") -> list[Line]:
    """The lines of the table: title, column titles, a rule, the rows, the footer behind a rule, the caption."""
    shown = _fit(_printable(table, encoding), width, printable("…", encoding))
    widths = _widths(shown)
    rule = (Styled(printable("─", encoding) * _total(widths), "muted"),)
    lines = _wrapped(shown.title, width, "strong")
    lines.append(_line(tuple(Styled(column.title, "muted") for column in shown.columns), shown.columns, widths))
    lines.append(rule)
    lines += [_line(row, shown.columns, widths) for row in shown.rows]
    if shown.footer is not None:
        lines += [rule, _line(shown.footer, shown.columns, widths)]
    return lines + _wrapped(shown.caption, width, "muted")


def _all_rows(table: Table) -> Iterable[tuple[Cell, ...]]:
    return (*table.rows, table.footer) if table.footer is not None else table.rows


def _with_cells(table: Table, columns: Sequence[Column], rows: Iterable[tuple[Cell, ...]]) -> Table:
    """The table with other columns and cells; the footer is the last of the rows, where there is one."""
    cells = tuple(rows)
    footer = cells[-1] if table.footer is not None else None
    return replace(table, columns=tuple(columns), rows=cells[: len(table.rows)], footer=footer)


def _printable(table: Table, encoding: str) -> Table:
    def cell(value: Cell) -> Cell:
        return restyle(value, printable(text_of(value), encoding))

    columns = [replace(column, title=printable(column.title, encoding)) for column in table.columns]
    shown = _with_cells(table, columns, (tuple(map(cell, row)) for row in _all_rows(table)))
    title = table.title and printable(table.title, encoding)
    return replace(shown, title=title, caption=table.caption and printable(table.caption, encoding))


def _widths(table: Table) -> list[int]:
    rows = [tuple(column.title for column in table.columns), *_all_rows(table)]
    return [max(width_of(text_of(row[index])) for row in rows) for index in range(len(table.columns))]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + len(_GAP) * (len(widths) - 1)


def _fit(table: Table, width: int | None, mark: str) -> Table:
    """The table without the columns and the parts of texts for which there is no room."""
    if width is None:
        return table
    while _least_total(table) > width and any(column.drop for column in table.columns):
        table = _without(table, max(range(len(table.columns)), key=lambda index: table.columns[index].drop))
    room = _shrunk(_widths(table), [column.shrink for column in table.columns], width)

    def row(cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
        return tuple(restyle(cell, clip(text_of(cell), limit, mark)) for cell, limit in zip(cells, room, strict=True))

    return _with_cells(table, table.columns, map(row, _all_rows(table)))


def _least_total(table: Table) -> int:
    """The width with texts cut as far as they stay readable; where that is too much, a column goes."""
    widths = zip(table.columns, _widths(table), strict=True)
    return _total([min(width, _READABLE_WIDTH) if column.shrink else width for column, width in widths])


def _without(table: Table, index: int) -> Table:
    rows = ((*row[:index], *row[index + 1 :]) for row in _all_rows(table))
    return _with_cells(table, (*table.columns[:index], *table.columns[index + 1 :]), rows)


def _shrunk(widths: list[int], may_shrink: Sequence[bool], width: int) -> list[int]:
    """Widths that fit, as far as the columns that may shrink allow: the widest of them gives first."""
    widths = list(widths)
    while _total(widths) > width:
        candidates = [index for index, may in enumerate(may_shrink) if may and widths[index] > _LEAST_WIDTH]
        if not candidates:
            break
        widths[max(candidates, key=lambda index: widths[index])] -= 1
    return widths


def _line(cells: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int]) -> Line:
    line: list[Cell] = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        blank = " " * (width - width_of(text_of(cell)))
        padded = (blank, cell) if column.justify == "right" else (cell, blank)
        line += [_GAP, *padded] if line else padded
    return tuple(part for part in line if text_of(part))


def _wrapped(text: str | None, width: int | None, style: Literal["strong", "muted"]) -> list[Line]:
    if text is None:
        return []
    lines = text.splitlines() if width is None else [part for line in text.splitlines() for part in textwrap.wrap(line, width)]
    return [(Styled(line, style),) for line in lines]
