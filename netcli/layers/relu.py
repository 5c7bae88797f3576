"""Rectifier."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from netcli.graph import Array, Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import relu


class Relu(Layer):
    """Rectifier: x where x > 0, else 0. Its derivative at 0 is 0.

    Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
    """

    word = "relu"
    suits: ClassVar[str | None] = "he"

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return relu(x)

    def outputs_within(self, given: Bounds) -> Bounds:
        """Never below 0."""
        return Bounds(max(0.0, given.low), max(0.0, given.high))

    def dead(self, values: Array) -> Array | None:
        """Units that are 0 for every example: no gradient passes them."""
        return np.asarray((values == 0).all(axis=(0, *range(2, values.ndim))))
