"""Layer scale."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building, filled
from netcli.layers.layer import Layer
from netcli.layers.scaling import channels_of
from netcli.ops import reshape


class LayerScale(Layer):
    """Layer scale: each channel (or feature) times a trained number, small at first, at the end of a residual branch.

    y = scale · x, of the shape of x.
    Parameter: scale (channels,) or, for vectors, (features,).
    Touvron et al., "Going deeper with image transformers", 2021.
    """

    word = "layer_scale"
    main = "value"

    value: Annotated[float, Field(gt=0)] = 1e-6
    """First value of every number."""

    def build(self, building: Building, x: Node) -> Node:
        """Images or vectors, kept."""
        size = channels_of(x, self.word)
        scale = building.parameter("scale", size, filled(self.value))
        return x * reshape(scale, (*size, *(1 for _ in x.shape[1:])))
