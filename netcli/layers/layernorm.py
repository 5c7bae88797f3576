"""Layer normalisation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.scaling import Scaled, channels_of, normalised


class LayerNorm(Scaled):
    """Layer normalisation: all values of an example to mean 0 and variance 1, then a trained scale and shift for each.

    y = scale · (x - mean) / √(variance + epsilon) + shift, with the variance divided by n. Over channels, the channels of an
    image are normalised together at each pixel, and each channel has its scale and shift.
    Parameters: scale and shift, of the shape of x; over channels (channels,).
    Ba, Kiros and Hinton, "Layer normalization", 2016. Over channels: Liu et al., "A ConvNet for the 2020s", 2022.
    """

    word = "layernorm"

    epsilon: Annotated[float, Field(gt=0)] = 1e-5
    """Added to the variance."""

    over: Literal["example", "channels"] = "example"
    """What is normalised together: all values of an example, or the channels at each pixel (of a vector, its features)."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept; over channels, images or vectors."""
        if self.over == "channels":
            size = channels_of(x, self.word)
            return self.rescaled(building, normalised(x, (-len(x.shape),), self.epsilon), size)
        return self.rescaled(building, normalised(x, tuple(range(-len(x.shape), 0)), self.epsilon), x.shape)
