"""The gradient of every parameter as a table, and in a sentence."""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netcli import numbers
from netcli.analysis.diagnosis import WORDS, Finding, Word, culprit, findings, words
from netcli.report.parameter_groups import ParameterGroup, grouped
from netcli.report.sparkline import sparkline
from netcli.report.table import Column, Table
from netcli.report.text import Cell, Line, Style, Styled
from netcli.runs.metrics import ParameterRow

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


#: Narrower terminals fold the sentences themselves.
_LEAST_WIDTH = 20
#: Healthy update/weight: see EXPLODING_UPDATE in diagnosis.py.
_HEALTHY_UPDATE = 1e-3
#: How a diagnosis begins.
_TROUBLE: dict[Word, str] = {
    "NaN": "gradients are no numbers",
    "exploding": "gradients explode",
    "dead": "gradients die",
    "vanishing": "gradients vanish",
}


def gradient_table(
    rows: Sequence[ParameterRow],
    *,
    limit: int | None = None,
    epochs_shown: int = 12,
    title: str | None = None,
    groups: Mapping[str, str] | None = None,
) -> Table:
    """A row per parameter, in the order of the model.

    `groups` says for layers in layers with which of them they are shown: the parameters of all layers that are shown with
    another one are one row, and its word is the worst of theirs.

    Of more than `limit` rows those are shown that matter: the ones with a word, the worst first, then in turn the one
    whose norm changed most since the epoch before and the one whose update/weight is farthest from healthy. The caption says
    how many are left out.
    """
    found = grouped(list(zip(rows, words(rows), strict=True)), groups or {})
    caption = None
    if limit is not None and len(found) > limit:
        found = _by_interest(found)
        caption = _left_out([found_word for _, found_word in found[limit:]])
        found = found[:limit]
    return Table(title, _COLUMNS, tuple(_row(row, found_word, epochs_shown) for row, found_word in found), caption)


@dataclass(frozen=True)
class Diagnosis:
    """A sentence about what is wrong with a model's gradients; equal to one with other numbers about the same layer."""

    word: Word
    layer: str
    text: str = field(compare=False)


def diagnoses(rows: Sequence[ParameterRow]) -> list[Diagnosis]:
    """A sentence for each word that some parameters have, the worst first: the layer where the trouble is, its line, why."""
    found: dict[Word, list[Finding]] = {known: [] for known in WORDS}
    for finding in findings(rows):
        if finding is not None:
            found[finding.word].append(finding)
    return [_diagnosis(some, rows) for some in found.values() if some]


def diagnosis_lines(found: Sequence[Diagnosis], width: int | None = None) -> list[Line]:
    """A line for each, or several of at most that width."""
    lines: list[Line] = []
    for each in found:
        wrapped = [each.text] if width is None else textwrap.wrap(each.text, max(width - 4, _LEAST_WIDTH))
        lines += [("    " if index else "  ", Styled(part, style_of(each.word))) for index, part in enumerate(wrapped)]
    return lines


def _diagnosis(found: Sequence[Finding], rows: Sequence[ParameterRow]) -> Diagnosis:
    worst = culprit(found, rows)
    row = worst.row
    line = "" if row.line is None else f", line {row.line}"
    others = len(found) - 1
    more = (
        "" if not others else f"; 1 more parameter {worst.word}" if others == 1 else f"; {others} more parameters {worst.word}"
    )
    return Diagnosis(worst.word, row.layer, f"{_TROUBLE[worst.word]} in {row.layer}{line}: {worst.evidence}{more}")


def _row(row: ParameterRow, found: Word | None, epochs_shown: int) -> tuple[Cell, ...]:
    style = style_of(found) if found else None
    shape = f"{row.parameters} parameters" if isinstance(row, ParameterGroup) else numbers.shape(row.shape)
    return (
        Styled(row.name, style),
        Styled(shape, "muted"),
        Styled("" if row.line is None else str(row.line), "muted"),
        numbers.scientific(row.norm),
        numbers.scientific(row.update_ratio),
        numbers.whole_percent(row.zero_share),
        Styled(sparkline(row.history, epochs_shown), style or "muted"),
        Styled(found or "", style),
    )


def _by_interest(found: Sequence[tuple[ParameterRow, Word | None]]) -> list[tuple[ParameterRow, Word | None]]:
    """Those with a word, the worst first; then in turn the most changed and the one with the worst ratio of the others."""
    ailing = sorted((each for each in found if each[1]), key=lambda each: WORDS.index(each[1]) if each[1] else 0)
    well = [each for each in found if not each[1]]
    changed = sorted(well, key=lambda each: -_change(each[0].history))
    uneven = sorted(well, key=lambda each: -_distance(each[0]))
    in_turn = itertools.chain.from_iterable(zip(changed, uneven, strict=True))
    return [*ailing, *{each[0].name: each for each in in_turn}.values()]


def _distance(row: ParameterRow) -> float:
    """How far a layer's update/weight is from healthy, as the size of its logarithm; of biases it says nothing."""
    if len(row.shape) < 2 or not 0 < row.update_ratio < math.inf:
        return 0.0
    return abs(math.log(row.update_ratio / _HEALTHY_UPDATE))


def _change(history: Sequence[float]) -> float:
    """How many times larger or smaller the norm became in the last epoch, as the size of its logarithm."""
    if len(history) < 2 or not all(math.isfinite(norm) and norm > 0 for norm in history[-2:]):
        return 0.0
    return abs(math.log(history[-1] / history[-2]))


def _left_out(hidden: Sequence[Word | None]) -> str:
    with_word = sum(found is not None for found in hidden)
    note = f", {numbers.count(with_word)} of them with a word" if with_word else ""
    return f"the most changed and the worst ratios; {numbers.count(len(hidden))} more with --all-parameters{note}"


def style_of(found: Word) -> Style:
    """Broken numbers are bad, weak ones a warning."""
    return "bad" if found in ("NaN", "exploding") else "warn"
