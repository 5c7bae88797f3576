"""Leaky rectifier."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import greater, select


class LeakyRelu(Layer):
    """Leaky rectifier: x where x > 0, else slope · x.

    Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic models", 2013.
    """

    word = "leaky_relu"
    main = "slope"
    suits: ClassVar[str | None] = "he"

    slope: Annotated[float, Field(ge=0)] = 0.01
    """Slope below 0."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return select(greater(x, 0.0), x, self.slope * x)

    def outputs_within(self, given: Bounds) -> Bounds:
        """It never falls, and its value at 0 is 0."""
        return Bounds(*(y if y > 0 else self.slope * y if self.slope else 0.0 for y in (given.low, given.high)))
