"""What stands before and after training: what will be trained, and what came of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from netcli import numbers
from netcli.analysis.inspect.records import Header
from netcli.report.table import Column, Table
from netcli.report.text import Cell, Line, Style, Styled
from netcli.training.summary import Stopped, Summary

#: What the endings are called.
ENDINGS: Mapping[Stopped, tuple[str, Style]] = {
    "finished": ("finished", "good"),
    "early": ("stopped early", "good"),
    "interrupted": ("interrupted", "warn"),
    "diverged": ("diverged", "bad"),
}


def header_facts(header: Header) -> dict[str, str]:
    """What stands under the model table."""
    return {
        "data": ", ".join(value if what == "dataset" else f"{what} {value}" for what, value in header.data.items()),
        "optimizer": header.optimizer,
        "executor": header.executor,
        "seed": str(header.seed),
        "run": header.run_dir,
    }


def fact_lines(facts: Mapping[str, str], width: int | None) -> list[Line]:
    """A line per fact, its name in front; long ones go on below, never cut inside a word."""
    margin = max(map(len, facts), default=0) + 2
    lines: list[Line] = []
    for name, value in facts.items():
        room = max(width - margin, 20) if width is not None else max(len(value), 1)
        parts = textwrap.wrap(value, room, break_long_words=False, break_on_hyphens=False) or [""]
        lines.append((Styled(name.ljust(margin), "muted"), parts[0]))
        lines += [(" " * margin, part) for part in parts[1:]]
    return lines


def ending(summary: Summary) -> Line:
    """How training ended, after what, in one line."""
    text, style = ENDINGS[summary.stopped]
    epochs = f"{numbers.count(summary.epochs)} epoch{'' if summary.epochs == 1 else 's'}"
    steps = f"{numbers.count(summary.steps)} step{'' if summary.steps == 1 else 's'}"
    rate = numbers.rate(summary.samples_per_second).removesuffix("/s")
    return (Styled(text, style), f" after {epochs}, {steps}, {numbers.seconds(summary.seconds)}, {rate} examples/s")


def result_table(summary: Summary) -> Table:
    """Losses and metrics at the end: a row for each part of the data that was looked at."""
    parts: list[tuple[str, Mapping[str, float] | None]] = [
        ("train", summary.train),
        ("validation", summary.validation),
        ("test", summary.test),
    ]
    names = list(dict.fromkeys(name for _, values in parts for name in values or ()))
    columns = (Column(""), *(Column(name, "right") for name in names))
    rows = tuple(_result_row(part, values, names) for part, values in parts if values is not None)
    return Table(None, columns, rows)


def _result_row(part: str, values: Mapping[str, float], names: list[str]) -> tuple[Cell, ...]:
    style: Style | None = "strong" if part == "test" else None
    cells = [numbers.metric(name, values[name]) if name in values else "-" for name in names]
    return tuple(Styled(text, style) for text in (part, *cells))
