"""For everything but rectifiers."""

from __future__ import annotations

import math

import numpy as np

from netcli.graph import Array, Shape
from netcli.layers.initializers.initializer import Fan, Initializer


class Glorot(Initializer):
    """Uniform with the variance 2 / (fan_in + fan_out): the default before sigmoid, tanh, softmax and the loss.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """

    word = "glorot"

    def draw(self, generator: np.random.Generator, shape: Shape, fan: Fan) -> Array:
        """U(-a, a), a = √(6 / (fan_in + fan_out))."""
        limit = math.sqrt(6.0 / (fan.into + fan.out))
        return generator.uniform(-limit, limit, shape)
