"""GELU."""

from __future__ import annotations

import math
from typing import ClassVar

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import erf


class Gelu(Layer):
    """GELU: x · Φ(x) = x · (1 + erf(x / √2)) / 2, exactly, not by the tanh approximation.

    Hendrycks and Gimpel, "Gaussian error linear units", 2016.
    """

    word = "gelu"
    suits: ClassVar[str | None] = "he"

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return x * (0.5 * (1.0 + erf(x * math.sqrt(0.5))))

    def outputs_within(self, given: Bounds) -> Bounds:
        """Its least value is -0.16997, at x = -0.7518."""
        return Bounds(low=-0.17)
