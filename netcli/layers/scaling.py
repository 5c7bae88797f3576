"""What normalisations share: the trained scale and shift behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

from netcli.graph import Node, Shape
from netcli.layers.building import Building, LayerError, filled, shape_text
from netcli.layers.layer import Layer
from netcli.ops import reshape, sqrt, sum_over


class Scaled(Layer):
    """A layer whose outputs are multiplied by a trained scale and moved by a trained shift, if wanted."""

    replaced: ClassVar[Mapping[str, str]] = {"affine": "write scale: false and shift: false to train neither, or one of them"}

    scale: bool = True
    """Whether the outputs are multiplied by trained numbers, 1 at first."""

    shift: bool = True
    """Whether trained numbers are added to the outputs, 0 at first."""

    def rescaled(self, building: Building, y: Node, size: Shape) -> Node:
        """y · scale + shift, parameters of shape `size`: that of y, or of its first axis."""
        shape = size if size == y.shape else (*size, *(1 for _ in y.shape[1:]))
        if self.scale:
            y = y * reshape(building.parameter("scale", size, filled(1.0)), shape)
        if self.shift:
            y = y + reshape(building.parameter("shift", size, filled(0.0)), shape)
        return y


def normalised(x: Node, axes: Sequence[int], epsilon: float) -> Node:
    """x to mean 0 and variance 1 over axes counted from the right: (x - mean) / √(variance + epsilon)."""
    count = float(math.prod(x.shape[axis] for axis in axes))
    centred = x - sum_over(x, axes) / count
    return centred / sqrt(sum_over(centred * centred, axes) / count + epsilon)


def channels_of(x: Node, word: str) -> Shape:
    """(channels,) of an image, (features,) of a vector. Raises LayerError."""
    if len(x.shape) not in {1, 3}:
        hint = f"put flatten before {word}, or reshape to [channels, rows, columns]"
        raise LayerError(f"{word} expected images or vectors, found {shape_text(x.shape)}", hint=hint)
    return x.shape[:1]
