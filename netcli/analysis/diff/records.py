"""Two configs beside each other, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from netcli.analysis.inspect.records import LayerRow

#: What became of a layer. `follows`: the same settings, but another shape or cost, as the layers around it changed.
Change = Literal["same", "follows", "changed", "added", "removed"]


@dataclass(frozen=True)
class Difference:
    """A setting that differs, as `train.optimizer.sgd.lr`, and what the two configs have there: None for nothing."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class LayerPair:
    """A layer of the one config beside that of the other which it is likest; None where there is none.

    `yaml` is its line in the file, where it was added or removed; `settings` are those that were changed.
    """

    change: Change
    before: LayerRow | None
    after: LayerRow | None
    yaml: str
    settings: tuple[Difference, ...]

    @property
    def depth(self) -> int:
        """In how many other layers it stands."""
        row = self.after or self.before
        assert row is not None, "one of them is there"
        return row.depth


@dataclass(frozen=True)
class Total:
    """A number of the whole network: what it is, in which unit it is written, in the one and in the other."""

    name: str
    unit: Literal["count", "flops", "bytes"]
    before: int
    after: int


@dataclass(frozen=True)
class Comparison:
    """Two configs: layers, each followed by those in it, and `settings`, those outside of the model.

    Of a layer that was added or removed those in it are a part, and no pairs of their own.
    """

    before: str
    after: str
    layers: tuple[LayerPair, ...]
    totals: tuple[Total, ...]
    settings: tuple[Difference, ...]

    @property
    def same_layers(self) -> bool:
        """Whether all layers are the same, and cost the same."""
        return all(pair.change == "same" for pair in self.layers)

    @property
    def same_graph(self) -> bool:
        """Whether the whole training step is the same as well, as far as its costs tell."""
        return self.same_layers and all(total.before == total.after for total in self.totals)

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self.same_graph and not self.settings
