"""For rectifiers."""

from __future__ import annotations

import math

import numpy as np

from netcli.graph import Array, Shape
from netcli.layers.initializers.initializer import Fan, Initializer


class He(Initializer):
    """Normal with the variance 2 / fan_in: keeps the scale of values through relu and its kin, and is their default.

    He et al., "Delving deep into rectifiers", 2015.
    """

    word = "he"

    def draw(self, generator: np.random.Generator, shape: Shape, fan: Fan) -> Array:
        """N(0, 2 / fan_in)."""
        return generator.normal(0.0, math.sqrt(2.0 / fan.into), shape)
