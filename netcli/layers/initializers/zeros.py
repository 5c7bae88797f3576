"""Nothing."""

from __future__ import annotations

import numpy as np

from netcli.graph import Array, Shape
from netcli.layers.initializers.initializer import Fan, Initializer


class Zeros(Initializer):
    """Zeros: the default of biases. Weights that are all 0 learn the same thing everywhere."""

    word = "zeros"

    def draw(self, generator: np.random.Generator, shape: Shape, fan: Fan) -> Array:
        """0."""
        return np.zeros(shape)
