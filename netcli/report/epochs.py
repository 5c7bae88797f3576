"""One line an epoch: numbers under each other, so that an eye can run down a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from netcli import numbers
from netcli.report.text import Cell, Line, Styled
from netcli.runs.metrics import EpochRecord

_GAP = 2
_BEST = "best"
#: What stands behind the metrics, and how wide; the least wanted is the last.
_FACTS: Mapping[str, int] = {"lr": 8, "grad norm": 9, "time": 6}


@dataclass(frozen=True)
class EpochLines:
    """The columns of a run's epoch lines: the names of losses and metrics in training and validation, then `facts`."""

    epochs: int
    train: tuple[str, ...]
    validation: tuple[str, ...]
    facts: tuple[str, ...] = tuple(_FACTS)

    @property
    def width(self) -> int:
        """Columns that a line takes, the mark of the best epoch included."""
        metrics = sum(_metric_width(name) + _GAP for name in self.train + self.validation)
        return self._epoch_width + metrics + sum(_FACTS[fact] + _GAP for fact in self.facts) + _GAP + len(_BEST)

    @property
    def _epoch_width(self) -> int:
        return max(len("epoch"), 2 * len(str(self.epochs)) + 1)

    def fitted(self, width: int | None) -> EpochLines:
        """Without the columns for which there is no room: facts from the right, then metrics; losses stay."""
        if width is None or self.width <= width:
            return self
        if self.facts:
            return replace(self, facts=self.facts[:-1]).fitted(width)
        if len(self.train) > 1:
            return replace(self, train=self.train[:-1]).fitted(width)
        return replace(self, validation=self.validation[:-1]).fitted(width) if len(self.validation) > 1 else self

    def heading(self) -> tuple[Line, Line]:
        """Two lines: whose numbers they are, and the names of the columns."""
        groups: list[Cell] = [" " * self._epoch_width]
        names = [f"{'epoch':>{self._epoch_width}}"]
        for group, columns in (("train", self.train), ("validation", self.validation)):
            if columns:
                room = sum(_metric_width(name) for name in columns) + _GAP * (len(columns) - 1)
                groups += [" " * _GAP, Styled(f" {group} "[:room].center(room, "─"), "muted")]
            names += [f"{name:>{_metric_width(name) + _GAP}}" for name in columns]
        names += [f"{fact:>{_FACTS[fact] + _GAP}}" for fact in self.facts]
        return tuple(groups), (Styled("".join(names), "muted"),)

    def line(self, record: EpochRecord) -> Line:
        """The numbers of one epoch; the best one so far is marked at the end."""
        texts = [f"{record.epoch}/{self.epochs}".rjust(self._epoch_width)]
        texts += [_metric_text(name, record.train) for name in self.train]
        texts += [_metric_text(name, record.validation or {}) for name in self.validation]
        facts = {
            "lr": numbers.learning_rate(record.lr),
            "grad norm": numbers.significant(record.grad_norm),
            "time": numbers.seconds(record.seconds),
        }
        texts += [f"{facts[fact]:>{_FACTS[fact] + _GAP}}" for fact in self.facts]
        mark: Line = (" " * _GAP, Styled(_BEST, "good")) if record.best else ()
        return ("".join(texts), *mark)


def epoch_lines(record: EpochRecord, before: EpochLines | None = None) -> EpochLines:
    """The columns that a record has, with those that were there before: validation may come with some epochs only."""
    train, validation = (before.train, before.validation) if before is not None else ((), ())
    return EpochLines(
        record.epochs,
        tuple(dict.fromkeys((*train, *record.train))),
        tuple(dict.fromkeys((*validation, *(record.validation or ())))),
    )


def _metric_width(name: str) -> int:
    return max(len(name), 8)


def _metric_text(name: str, values: Mapping[str, float]) -> str:
    text = numbers.metric(name, values[name]) if name in values else "-"
    return f"{text:>{_metric_width(name) + _GAP}}"
