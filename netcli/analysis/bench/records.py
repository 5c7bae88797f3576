"""The time of a step, layer by layer, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: What a row is about: a layer, or what belongs to none.
RowKind = Literal["layer", "data", "sums", "update", "wait", "rest"]


#: What the rows are called that are no layer's.
TITLES: dict[RowKind, str] = {
    "data": "data",
    "sums": "sums over the batch",
    "update": "update, norms",
    "wait": "waiting",
    "rest": "rest",
}


@dataclass(frozen=True)
class BenchRow:
    """A part of a step: seconds on the clock with all threads at work, floating-point operations of a whole batch.

    `layers` are those that it computes, none for other kinds. What is neither forward nor backward counts in `seconds` only.
    """

    kind: RowKind
    layers: tuple[str, ...]
    seconds: float
    forward: float
    backward: float
    flops: int

    @property
    def name(self) -> str:
        """What the row is called."""
        return " + ".join(self.layers) if self.kind == "layer" else TITLES[self.kind]

    @property
    def flops_per_second(self) -> float:
        """How fast it is computed; 0 where nothing is."""
        return self.flops / self.seconds if self.flops and self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Bench:
    """A step of training, measured: the median of `seconds`, the best; `peak` in operations a second, None if not known."""

    name: str
    executor: str
    threads: int
    examples: int
    steps: int
    seconds: float
    best: float
    peak: float | None
    compile_seconds: float
    rows: tuple[BenchRow, ...]

    @property
    def flops(self) -> int:
        """Floating-point operations of a step."""
        return sum(row.flops for row in self.rows)

    @property
    def samples_per_second(self) -> float:
        """Examples trained a second."""
        return self.examples / self.seconds

    def of_step(self, row: BenchRow) -> float:
        """A row's share of the step."""
        return row.seconds / self.seconds

    def of_peak(self, flops_per_second: float) -> float | None:
        """A share of the peak."""
        return flops_per_second / self.peak if self.peak else None
