"""Stochastic gradient descent."""

from __future__ import annotations

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from netcli.graph import Node
from netcli.optimizers.optimizer import Optimizer, Rate, Share, Updates, hyper, slot


class Sgd(Optimizer):
    """Stochastic gradient descent, with momentum.

    v ← μ · v + g;  w ← w - lr · v;  with nesterov  w ← w - lr · (g + μ · v);  μ is the momentum.
    Robbins and Monro, 1951; Polyak, 1964; Sutskever et al., "On the importance of initialization and momentum", 2013.
    """

    word = "sgd"
    main = "lr"

    lr: Rate = 0.01
    """Learning rate, before any schedule."""

    momentum: Share = 0.0
    """How much of the last step goes on; 0: none."""

    nesterov: bool = False
    """Look ahead along the momentum."""

    @model_validator(mode="after")
    def _check(self) -> Sgd:
        if self.nesterov and not self.momentum:
            raise PydanticCustomError("needs_momentum", "nesterov needs a momentum above 0, found momentum 0")
        return self

    def updates(self, w: Node, g: Node, lr: Node, step: Node) -> Updates:
        """One slot if there is momentum."""
        result: Updates = {}
        direction = g
        if self.momentum:
            old, momentum = slot(self.word, "momentum", w), hyper("mu", self.momentum, w)
            velocity = momentum * old + g
            result[old] = velocity
            direction = g + momentum * velocity if self.nesterov else velocity
        result[w] = w - lr * direction
        return result
