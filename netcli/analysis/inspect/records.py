"""What a network and its graphs are to a person who looks at them, as plain values."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netcli.graph import Node
from netcli.strict_json import strict

#: A layer, parameter or node that no line of the file stands for has None as its line.
YamlLine = int | None


@dataclass(frozen=True)
class LayerRow:
    """One layer of the model, for one example.

    Its name is a path; `depth` is in how many other layers it stands. The numbers of one that has others in it (`is_outer`)
    are those of what itself computes, such as the sum of a residual.
    """

    name: str
    type: str
    line: YamlLine
    output_shape: tuple[int, ...]
    parameters: int
    flops_forward: int
    flops_backward: int
    activation_bytes: int
    depth: int = 0
    is_outer: bool = False


@dataclass(frozen=True)
class Header:
    """What will be trained. `data` is in words: {"dataset": "digits", "training": "1,293 examples", …}."""

    name: str
    config: str
    layers: tuple[LayerRow, ...]
    data: Mapping[str, str]
    executor: str
    seed: int
    optimizer: str
    run_dir: str
    parameters: int
    flops_forward: int
    flops_backward: int


@dataclass(frozen=True)
class ValueStatistics:
    """What the elements of a value look like: those of all examples of a batch, or of a parameter.

    `norm` is Euclidean; norm, mean and deviation are not finite where an element is not. `zeros` is the share of elements
    that are exactly zero; `nans` and `infinities` are counts. `smallest`, `largest` and the histogram are of the finite
    elements: counts in bins of equal width from smallest to largest, one bin if all are equal, () and None if there are none.
    """

    elements: int
    norm: float
    mean: float
    deviation: float
    smallest: float | None
    largest: float | None
    zeros: float
    nans: int
    infinities: int
    histogram: tuple[int, ...]

    @property
    def root_mean_square(self) -> float:
        """The size of a typical element, which does not grow with their number as the norm does."""
        return self.norm / math.sqrt(self.elements)

    @property
    def is_finite(self) -> bool:
        """Whether all elements are finite."""
        return not self.nans and not self.infinities

    def as_json(self) -> dict[str, Any]:
        """The fields by name; numbers that are not finite are None."""
        plain: dict[str, Any] = strict(dataclasses.asdict(self))
        return plain


@dataclass(frozen=True, eq=False)
class Flow:
    """What flows through a graph for one batch of so many `examples`, at the state before the step that is computed.

    `statistics` has every node; `update_ratios` each parameter that the graph updates: the norm of its change over its
    own norm, inf for one that is all zero.
    """

    examples: int
    statistics: Mapping[Node, ValueStatistics]
    update_ratios: Mapping[Node, float]
