"""Layer normalisation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building, filled
from netcli.layers.layer import Layer
from netcli.ops import sqrt, sum_over


class LayerNorm(Layer):
    """Layer normalisation: all values of an example to mean 0 and variance 1, then a trained scale and shift for each.

    y = scale · (x - mean) / √(variance + epsilon) + shift. Ba, Kiros and Hinton, "Layer normalization", 2016.
    """

    word = "layernorm"

    epsilon: Annotated[float, Field(gt=0)] = 1e-5
    """Added to the variance."""

    affine: bool = True
    """Whether scale and shift are trained."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        axes = tuple(range(-len(x.shape), 0))
        centred = x - sum_over(x, axes) / float(x.type.size)
        variance = sum_over(centred * centred, axes) / float(x.type.size)
        y = centred / sqrt(variance + self.epsilon)
        if self.affine:
            y = y * building.parameter("scale", x.shape, filled(1.0)) + building.parameter("shift", x.shape, filled(0.0))
        return y
