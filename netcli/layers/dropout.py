"""Dropout."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.ops import greater, select


class Dropout(Layer):
    """Dropout: in training each value is 0 with probability rate, else divided by 1 - rate; otherwise nothing is done.

    y = 0 where u < rate, else x / (1 - rate), u being uniform in [0, 1).
    Another choice at every step, a function of seed, step, example and position. Srivastava et al., "Dropout: a simple way to
    prevent neural networks from overfitting", 2014.
    """

    word = "dropout"
    main = "rate"
    training_only = True

    rate: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Probability that a value is dropped."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        if not building.training or not self.rate:
            return x
        dropped = greater(building.setting("rate", self.rate), building.random(x))
        return select(dropped, 0.0, x / building.setting("one_minus_rate", 1.0 - self.rate))
