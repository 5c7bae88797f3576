"""Hard swish."""

from __future__ import annotations

from typing import ClassVar

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import clip


class HardSwish(Layer):
    """Hard swish: x · min(max(x + 3, 0), 6) / 6, made of straight lines and a parabola where silu has exponentials.

    Its derivative is 0 at -3 and 1 at 3. Howard et al., "Searching for MobileNetV3", 2019.
    """

    word = "hard_swish"
    suits: ClassVar[str | None] = "he"

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return x * (clip(x + 3.0, 0.0, 6.0) / 6.0)

    def outputs_within(self, given: Bounds) -> Bounds:
        """Its least value is -3/8, at x = -3/2."""
        return Bounds(low=-0.375)
