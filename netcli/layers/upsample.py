"""Upsampling."""

from __future__ import annotations

from typing import Literal

import numpy as np

from netcli.graph import Array, Node, constant
from netcli.layers.building import Building, image
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import broadcast, concat, part, reshape
from netcli.settings import Pair


class Upsample(Layer):
    """Upsampling: images enlarged by a whole factor, by repeating pixels or by straight lines between them.

    (channels, rows, columns) -> (channels, factor · rows, factor · columns). With bilinear, pixel i of y lies at
    (i + 1/2) / factor - 1/2 of x, between two pixels; beyond the outermost ones x goes on as it ends.
    """

    word = "upsample"
    main = "factor"

    factor: Pair = (2, 2)
    """By how much rows and columns become more: one number for both, or [rows, columns]."""

    mode: Literal["nearest", "bilinear"] = "nearest"
    """nearest: each pixel is repeated; bilinear: straight lines, along rows and columns, between the centres of pixels."""

    def build(self, building: Building, x: Node) -> Node:
        """Images only."""
        image(x, self.word)
        for axis, factor in enumerate(self.factor, start=1):
            if factor > 1:
                x = _repeated(x, axis, factor) if self.mode == "nearest" else _interpolated(x, axis, factor)
        return x

    def outputs_within(self, given: Bounds) -> Bounds:
        """The inputs' own: means of them with weights of 0 to 1."""
        return given


def _repeated(x: Node, axis: int, factor: int) -> Node:
    """Each element along an axis so many times."""
    wide = (*x.shape[: axis + 1], factor, *x.shape[axis + 1 :])
    return _merged(broadcast(_split(x, axis), wide), axis)


def _interpolated(x: Node, axis: int, factor: int) -> Node:
    """Between the elements along an axis: of each, and of the one before or after it, the shares that straight lines give."""
    length, right = x.shape[axis], axis - len(x.shape)
    before = after = x
    if length > 1:
        first, last = part(x, right, 0, 1), part(x, right, length - 1, 1)
        before = concat([first, part(x, right, 0, length - 1)], right)
        after = concat([part(x, right, 1, length - 1), last], right)
    offset = (np.arange(factor) + 0.5) / factor - 0.5

    def share(value: Node, weights: Array) -> Node:
        shape = (factor, *(1 for _ in range(-1 - right)))
        return _split(value, axis) * constant(weights.reshape((1,) * (axis + 1) + shape), x.type.dtype)

    near = share(x, 1 - np.abs(offset))
    return _merged(near + share(before, np.maximum(-offset, 0)) + share(after, np.maximum(offset, 0)), axis)


def _split(x: Node, axis: int) -> Node:
    """With an axis of length 1 behind an axis."""
    return reshape(x, (*x.shape[: axis + 1], 1, *x.shape[axis + 1 :]))


def _merged(x: Node, axis: int) -> Node:
    """An axis and the one behind it as one."""
    return reshape(x, (*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :]))
