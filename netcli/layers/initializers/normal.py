"""A normal distribution."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from netcli.graph import Array, Shape
from netcli.layers.initializers.initializer import Fan, Initializer


class Normal(Initializer):
    """Normal with a given standard deviation."""

    word = "normal"
    main = "deviation"

    deviation: Annotated[float, Field(gt=0)] = 0.01
    """Standard deviation."""

    mean: float = 0.0
    """Mean."""

    def draw(self, generator: np.random.Generator, shape: Shape, fan: Fan) -> Array:
        """N(mean, deviation²)."""
        return generator.normal(self.mean, self.deviation, shape)
