"""The time of a step, layer by layer, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from netcli.analysis.inspect.nesting import fitting, groups

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
        """What the row is called: its layer, and those that are computed with it, by their names beside it."""
        if self.kind != "layer":
            return TITLES[self.kind]
        around = self.layers[0].rpartition("/")[0] + "/"
        return " + ".join([self.layers[0], *(name.removeprefix(around) for name in self.layers[1:])])

    @property
    def flops_per_second(self) -> float:
        """How fast it is computed; 0 where nothing is."""
        return self.flops / self.seconds if self.flops and self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Bench:
    """A step of training, measured: the median of `seconds`, the best; `peak` in operations a second, None if not known.

    `depths` says of each layer in how many others it stands; `depth` in how many of them the rows may, None for any number.
    """

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
    depths: Mapping[str, int] = field(default_factory=dict)
    depth: int | None = None

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

    def grouped(self, depth: int | None) -> Bench:
        """With the layers that stand in `depth` others or more added to the ones around them; None: as there is room for."""
        limit = self._fitting() if depth is None else depth
        home = groups(self.depths, limit)
        rows: dict[object, BenchRow] = {}
        for row in self.rows:
            layers = tuple(dict.fromkeys(home.get(name, name) for name in row.layers))
            key = layers[0] if row.kind == "layer" else row.kind
            rows[key] = _joined(rows[key], row, layers) if key in rows else replace(row, layers=layers)
        return replace(self, rows=tuple(rows.values()), depth=limit if len(rows) < len(self.rows) else None)

    def _fitting(self) -> int:
        def count(depth: int) -> int:
            home = groups(self.depths, depth)
            return len({home.get(row.layers[0], row.layers[0]) for row in self.rows if row.kind == "layer"})

        return fitting(1 + max(self.depths.values(), default=0), count)


def _joined(one: BenchRow, other: BenchRow, layers: tuple[str, ...]) -> BenchRow:
    return BenchRow(
        one.kind,
        tuple(dict.fromkeys([*one.layers, *layers])),
        one.seconds + other.seconds,
        one.forward + other.forward,
        one.backward + other.backward,
        one.flops + other.flops,
    )
