"""The gradient of every parameter as a table, and in a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence

from netcli.report import numbers
from netcli.report.diagnosis import WORDS, Word, style_of, words
from netcli.report.records import ParameterRow
from netcli.report.sparkline import sparkline
from netcli.report.table import Column, Table
from netcli.report.text import Cell, Line, Styled, line_width

_COLUMNS = (
    Column("parameter", shrink=True),
    Column("shape", drop=3),
    Column("line", "right", drop=4),
    Column("grad norm", "right"),
    Column("update/weight", "right"),
    Column("zeros", "right", drop=2),
    Column("last epochs", drop=1),
    Column(""),
)


def gradient_table(
    rows: Sequence[ParameterRow], *, limit: int | None = None, epochs_shown: int = 12, title: str | None = None
) -> Table:
    """A row per parameter, in the order of the model.

    Of more than `limit` parameters those are shown that matter: the ones with a word, the worst first, then those
    whose norm changed most since the epoch before. The caption says how many are left out.
    """
    found = list(zip(rows, words(rows), strict=True))
    caption = None
    if limit is not None and len(found) > limit:
        found = sorted(found, key=_rank)
        caption = _left_out([found_word for _, found_word in found[limit:]])
        found = found[:limit]
    return Table(title, _COLUMNS, tuple(_row(row, found_word, epochs_shown) for row, found_word in found), caption)


def warning_lines(rows: Sequence[ParameterRow], width: int | None = None) -> list[Line]:
    """The parameters with a word, the first of each word by name and line, in as few lines as the width allows; [] for none."""
    start = "  gradients: "
    lines: list[list[Cell]] = []
    for part in warnings(rows):
        if lines and (width is None or line_width(lines[-1]) + 2 + len(part.text) <= width):
            lines[-1] += [", ", part]
        else:
            lines.append([" " * len(start) if lines else start, part])
    return [tuple(line) for line in lines]


def warnings(rows: Sequence[ParameterRow]) -> list[Styled]:
    """For each word that some parameters have, those parameters and the word; the worst word first."""
    named: dict[Word, list[ParameterRow]] = {known: [] for known in WORDS}
    for row, found in zip(rows, words(rows), strict=True):
        if found is not None:
            named[found].append(row)
    return [Styled(f"{_first_of(found)} {known}", style_of(known)) for known, found in named.items() if found]


def _first_of(rows: Sequence[ParameterRow]) -> str:
    """The first by name, with its line in the YAML, and how many more there are."""
    line = "" if rows[0].line is None else f" (line {rows[0].line})"
    return f"{rows[0].name}{line}" + ("" if len(rows) == 1 else f" and {len(rows) - 1} more")


def _row(row: ParameterRow, found: Word | None, epochs_shown: int) -> tuple[Cell, ...]:
    style = style_of(found) if found else None
    return (
        Styled(row.name, style),
        Styled(numbers.shape(row.shape), "muted"),
        Styled("" if row.line is None else str(row.line), "muted"),
        numbers.scientific(row.norm),
        numbers.scientific(row.update_ratio),
        numbers.whole_percent(row.zero_share),
        Styled(sparkline(row.history, epochs_shown), style or "muted"),
        Styled(found or "", style),
    )


def _rank(found: tuple[ParameterRow, Word | None]) -> tuple[int, float]:
    row, found_word = found
    return (WORDS.index(found_word) if found_word else len(WORDS), -_change(row.history))


def _change(history: Sequence[float]) -> float:
    """How many times larger or smaller the norm became in the last epoch, as the size of its logarithm."""
    if len(history) < 2 or not all(math.isfinite(norm) and norm > 0 for norm in history[-2:]):
        return 0.0
    return abs(math.log(history[-1] / history[-2]))


def _left_out(hidden: Sequence[Word | None]) -> str:
    with_word = sum(found is not None for found in hidden)
    note = f", {numbers.count(with_word)} of them with a word" if with_word else ""
    return f"the largest changes; {numbers.count(len(hidden))} more parameters are not shown{note}"
