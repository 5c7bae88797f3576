"""SiLU."""

from __future__ import annotations

from typing import ClassVar

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import sigmoid


class Silu(Layer):
    """SiLU, also called swish: x · σ(x).

    Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units", 2018.
    """

    word = "silu"
    suits: ClassVar[str | None] = "he"

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return x * sigmoid(x)

    def outputs_within(self, given: Bounds) -> Bounds:
        """Its least value is -0.27846, at x = -1.2785."""
        return Bounds(low=-0.2785)
