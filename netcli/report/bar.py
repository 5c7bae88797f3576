"""The progress of an epoch, as a bar that fills a terminal's width and as a line for a log."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from netcli import numbers
from netcli.report.text import Line, Styled, line_width

_LEAST_BAR, _GREATEST_BAR = 10, 40


@dataclass(frozen=True)
class Progress:
    """Where an epoch stands: examples done of all and, where known, the loss, examples a second and seconds left."""

    label: str
    done: int
    total: int
    loss: float | None = None
    rate: float | None = None
    left: float | None = None


def bar(progress: Progress, width: int) -> Line:
    """The progress in one line of at most `width` columns; where that is little, the last facts are left out."""
    share = _share(progress)
    facts = [f"{math.floor(100 * share):>3} %", *_facts(progress)]
    while facts and len(progress.label) + _LEAST_BAR + 2 + _room(facts) > width:
        facts.pop()
    length = min(max(width - len(progress.label) - 2 - _room(facts), 0), _GREATEST_BAR)
    full = math.floor(share * length)
    line: Line = (progress.label, "  ", Styled("━" * full, "good"), Styled("─" * (length - full), "muted"))
    line += tuple(f"  {fact}" for fact in facts)
    return line if line_width(line) <= width else (progress.label[:width],)


def progress_line(progress: Progress) -> Line:
    """The progress without a bar, for output that is not a terminal."""
    facts = [f"{math.floor(100 * _share(progress))} %", *(fact.strip() for fact in _facts(progress))]
    return (Styled(", ".join([progress.label, *facts]), "muted"),)


def _share(progress: Progress) -> float:
    return min(progress.done / progress.total, 1.0) if progress.total else 1.0


def _facts(progress: Progress) -> list[str]:
    """The facts from the most to the least wanted, padded so that the bar beside them keeps its length."""
    facts = []
    if progress.loss is not None:
        facts.append(f"loss {numbers.significant(progress.loss):<6}")
    if progress.left is not None:
        facts.append(f"{numbers.countdown(progress.left):>6} left")
    if progress.rate is not None:
        facts.append(f"{numbers.rate(progress.rate).removesuffix('/s'):>6} examples/s")
    return facts


def _room(facts: Sequence[str]) -> int:
    return sum(len(fact) + 2 for fact in facts)
