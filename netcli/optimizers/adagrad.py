"""Adagrad."""

from __future__ import annotations

from netcli.graph import Node
from netcli.ops import sqrt
from netcli.optimizers.optimizer import Optimizer, Rate, Updates, hyper, slot


class Adagrad(Optimizer):
    """Adagrad: the gradient divided by the root of the sum of all its squares so far.

    s ← s + g²;  w ← w - lr · g / (√s + ε).
    Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning", 2011.
    """

    word = "adagrad"
    main = "lr"

    lr: Rate = 0.01
    """Learning rate, before any schedule."""

    epsilon: Rate = 1e-10
    """Added to the denominator."""

    def updates(self, w: Node, g: Node, lr: Node, step: Node) -> Updates:
        """One slot."""
        result: Updates = {}
        old = slot(self.word, "square", w)
        square = old + g * g
        result.update({old: square, w: w - lr * (g / (sqrt(square) + hyper("epsilon", self.epsilon, w)))})
        return result
