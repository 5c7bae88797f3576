"""Hyperbolic tangent."""

from __future__ import annotations

from typing import ClassVar

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import tanh


class Tanh(Layer):
    """Hyperbolic tangent: (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ), between -1 and 1."""

    word = "tanh"
    suits: ClassVar[str | None] = "glorot"

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return tanh(x)

    def outputs_within(self, given: Bounds) -> Bounds:
        """Between -1 and 1."""
        return Bounds(-1.0, 1.0)
