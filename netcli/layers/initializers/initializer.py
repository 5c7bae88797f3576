"""The contract of an initialiser."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from netcli.graph import Array, Shape
from netcli.settings import Family, Option


@dataclass(frozen=True)
class Fan:
    """How many values each output of a layer is made of, and how many outputs each input goes to."""

    into: int
    out: int


class Initializer(Option):
    """First values of a parameter."""

    @abstractmethod
    def draw(self, generator: np.random.Generator, shape: Shape, fan: Fan) -> Array:
        """Values of this shape, float64."""


INITIALIZERS: Family[Initializer] = Family("initialiser", "netcli.layers.initializers", Initializer)  # type: ignore[type-abstract]
