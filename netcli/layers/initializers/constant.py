"""One value."""

from __future__ import annotations

import numpy as np

from netcli.graph import Array, Shape
from netcli.layers.initializers.initializer import Fan, Initializer


class Constant(Initializer):
    """The same value everywhere."""

    word = "constant"
    main = "value"

    value: float
    """The value."""

    def draw(self, generator: np.random.Generator, shape: Shape, fan: Fan) -> Array:
        """The value."""
        return np.full(shape, self.value)
