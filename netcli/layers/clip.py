"""Clipping."""

from __future__ import annotations

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from netcli.graph import Array, Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import clip


class Clip(Layer):
    """Clip: x where min < x < max, else the limit that it has reached. Its derivative at the limits is 0.

    From -1 to 1 it is called hardtanh elsewhere: Collobert, "Large scale machine learning", 2004.
    """

    word = "clip"

    min: float
    """The least output."""

    max: float
    """The greatest output."""

    @model_validator(mode="after")
    def _check(self) -> Clip:
        if self.min >= self.max:
            limits = {"min": self.min, "max": self.max}
            raise PydanticCustomError("range_order", "min must be below max, found {min} and {max}", limits)
        return self

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return clip(x, self.min, self.max)

    def outputs_within(self, given: Bounds) -> Bounds:
        """Between the limits."""
        return given.clipped(self.min, self.max)

    def dead(self, values: Array) -> Array | None:
        """Units that are at a limit for every example: no gradient passes them."""
        flat = (values == self.min) | (values == self.max)
        return np.asarray(flat.all(axis=(0, *range(2, values.ndim))))
