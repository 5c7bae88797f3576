"""Which row stands above which in layers with others in them, and where the data part and meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from netcli.analysis.inspect.nesting import Nest
from netcli.analysis.inspect.rows import Row, Rows
from netcli.graph import read_by


@dataclass(frozen=True, eq=False)
class Fork:
    """What comes into a layer is read in several places: the `row` that it comes from, and in how many stacks of layers.

    `skips`: the layer itself reads it as well, past these; `flows`: a gradient comes up to that row.
    """

    row: Row
    stacks: int
    skips: bool
    flows: bool


class Arrangement:
    """The rows in order, with what comes into each from above.

    `above` is the row of data that a row calls x, `beside` what came into its layer and goes past the layers in it. `forks` are
    the layers in which the data part; `tracks` says for layers right in them in which of the stacks, from 1 on.
    """

    def __init__(self, rows: Rows, trees: Sequence[Nest]) -> None:
        self._rows = rows
        self._last: Row | None = None
        self.above: dict[Row, Row | None] = {}
        self.beside: dict[Row, Row] = {}
        self.forks: dict[Nest, Fork] = {}
        self.tracks: dict[Nest, int] = {}
        self._readers: dict[Row, set[str]] = {}
        for row in set(rows.of.values()):
            for read in self._read(row):
                self._readers.setdefault(read, set()).add(row.layer)
        for nest in trees:
            self._arrange(nest)

    def splits(self, row: Row) -> bool:
        """Whether several layers read a row of data, so that gradients come from each of them."""
        return row.role == "data" and len(self._readers.get(row, ())) > 1

    def _arrange(self, nest: Nest) -> None:
        before, stacks = self._last, 0
        for _, part in groupby(nest.inside, lambda inner: inner.part):
            layers = list(part)
            if self._begins(layers, before):
                self._last = before
                stacks += 1
            for inner in layers:
                self.tracks[inner] = stacks
                self._arrange(inner)
        own = self._rows.by_layer.get(nest.row.name, ())
        skips = bool(nest.inside) and before is not None and any(before in self._read(row) for row in own)
        if before is not None and stacks + skips > 1:
            self.forks[nest] = Fork(before, stacks, skips, before.nodes[-1] in self._rows.flowing)
        else:
            self.tracks.update(dict.fromkeys(nest.inside, 0))
        for row in own:
            self.above[row] = self._last
            if skips and before is not None:
                self.beside[row] = before
            self._last = row if row.role == "data" else self._last

    def _begins(self, layers: Sequence[Nest], before: Row | None) -> bool:
        """Whether these layers, a stack of one layer, begin with what comes into it, not with what the stack before gave."""
        rows = [row for layer in layers for inner in layer.rows for row in self._rows.by_layer.get(inner.name, ())]
        return self._last is before or (bool(rows) and not any(self._last in self._read(row) for row in rows))

    def _read(self, row: Row) -> set[Row]:
        """The other rows that a row reads."""
        read = {x for node in row.nodes for x in read_by(node)}
        return {self._rows.of[x] for x in read if x in self._rows.of} - {row}
