"""A uniform distribution."""

from __future__ import annotations

import numpy as np
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from netcli.graph import Array, Shape
from netcli.layers.initializers.initializer import Fan, Initializer


class Uniform(Initializer):
    """Uniform between two values."""

    word = "uniform"

    low: float = -0.05
    """The least value."""

    high: float = 0.05
    """The greatest value."""

    @model_validator(mode="after")
    def _check(self) -> Uniform:
        if self.low >= self.high:
            raise PydanticCustomError(
                "range_order", "low must be below high, found {low} and {high}", {"low": self.low, "high": self.high}
            )
        return self

    def draw(self, generator: np.random.Generator, shape: Shape, fan: Fan) -> Array:
        """U(low, high)."""
        return generator.uniform(self.low, self.high, shape)
