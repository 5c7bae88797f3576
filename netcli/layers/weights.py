"""Settings that layers with weights share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from netcli.graph import Array, Node, Shape
from netcli.layers.building import Building
from netcli.layers.initializers.initializer import INITIALIZERS, Fan, Initializer
from netcli.layers.layer import Layer
from netcli.settings import Choice

Strength = Annotated[float, Field(ge=0)]
AnyInitializer = Annotated[Initializer, Choice(INITIALIZERS)]


class Weighted(Layer):
    """A layer with weights and, if wanted, a bias."""

    suits: ClassVar[str | None] = "glorot"

    bias: bool = True
    """Whether a trained number is added to each output."""

    init: AnyInitializer | None = None
    """First values of the weights; by default he before relu and its kin, glorot otherwise."""

    bias_init: AnyInitializer | None = None
    """First values of the bias; by default zeros."""

    weight_decay: Strength | None = None
    """Strength λ of this layer's L2 penalty, λ/2 · Σ w²; by default that of the section train."""

    l1: Strength | None = None
    """Strength λ of this layer's L1 penalty, λ · Σ |w|; by default that of the section train."""

    def make_weight(self, building: Building, shape: Shape, fan: Fan) -> Node:
        """The weights, with their penalties."""
        initializer = self.init or INITIALIZERS.members[building.suggested]()
        weight = building.parameter("weight", shape, _drawing(initializer, fan))
        building.penalize(weight, self.weight_decay, self.l1)
        return weight

    def make_bias(self, building: Building, size: int, fan: Fan) -> Node:
        """The bias, `(size,)`."""
        initializer = self.bias_init or INITIALIZERS.members["zeros"]()
        return building.parameter("bias", (size,), _drawing(initializer, fan))


def _drawing(initializer: Initializer, fan: Fan) -> Callable[[np.random.Generator, Shape], Array]:
    return lambda generator, shape: initializer.draw(generator, shape, fan)
