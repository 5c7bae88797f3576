"""Exponential linear unit."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import expm1, greater, select


class Elu(Layer):
    """Exponential linear unit: x where x > 0, else alpha · (eˣ - 1).

    Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by exponential linear units", 2016.
    """

    word = "elu"
    main = "alpha"
    suits: ClassVar[str | None] = "he"

    alpha: Annotated[float, Field(gt=0)] = 1.0
    """The value that it approaches far below 0, negated."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        positive = greater(x, 0.0)
        below = select(positive, 0.0, x)  # where x is large, its exponential would overflow and spoil the gradient
        return select(positive, x, self.alpha * expm1(below))

    def outputs_within(self, given: Bounds) -> Bounds:
        """Never below -alpha."""
        return Bounds(low=-self.alpha)
