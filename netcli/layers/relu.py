"""Rectifier."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from netcli.graph import Array, Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import clip, relu


class Relu(Layer):
    """Rectifier: x where x > 0, else 0; with max, never above that. Its derivative at 0 and at max is 0.

    Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010. With max: 6 it is called relu6
    elsewhere.
    """

    word = "relu"
    main = "max"
    suits: ClassVar[str | None] = "he"

    max: Annotated[float, Field(gt=0)] | None = None
    """The greatest output; by default there is none."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return relu(x) if self.max is None else clip(x, 0.0, self.max)

    def outputs_within(self, given: Bounds) -> Bounds:
        """Never below 0, nor above max."""
        return given.clipped(0.0, math.inf if self.max is None else self.max)

    def dead(self, values: Array) -> Array | None:
        """Units that are 0, or max, for every example: no gradient passes them."""
        flat = values == 0 if self.max is None else (values == 0) | (values == self.max)
        return np.asarray(flat.all(axis=(0, *range(2, values.ndim))))
