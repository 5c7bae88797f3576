"""Softplus."""

from __future__ import annotations

from typing import ClassVar

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import softplus


class Softplus(Layer):
    """Softplus: log(1 + eˣ), a smooth rectifier."""

    word = "softplus"
    suits: ClassVar[str | None] = "he"

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return softplus(x)

    def outputs_within(self, given: Bounds) -> Bounds:
        """Never below 0."""
        return Bounds(low=0.0)
