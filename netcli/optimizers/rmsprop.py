"""RMSprop."""

from __future__ import annotations

from netcli.graph import Node
from netcli.ops import sqrt
from netcli.optimizers.optimizer import Optimizer, Rate, Share, Updates, hyper, slot


class RmsProp(Optimizer):
    """RMSprop: the gradient divided by the root of its running mean square.

    s ← decay · s + (1 - decay) · g²;  v ← μ · v + g / (√s + ε);  w ← w - lr · v;  μ is the momentum.
    Tieleman and Hinton, "Neural networks for machine learning", lecture 6.5, 2012.
    """

    word = "rmsprop"
    main = "lr"

    lr: Rate = 0.001
    """Learning rate, before any schedule."""

    decay: Share = 0.99
    """Decay of the running mean square."""

    momentum: Share = 0.0
    """How much of the last step goes on; 0: none."""

    epsilon: Rate = 1e-8
    """Added to the denominator."""

    def updates(self, w: Node, g: Node, lr: Node, step: Node) -> Updates:
        """One slot; two with momentum."""
        result: Updates = {}
        old = slot(self.word, "square", w)
        square = hyper("decay", self.decay, w) * old + hyper("one_minus_decay", 1 - self.decay, w) * (g * g)
        result[old] = square
        direction = g / (sqrt(square) + hyper("epsilon", self.epsilon, w))
        if self.momentum:
            last = slot(self.word, "momentum", w)
            direction = hyper("mu", self.momentum, w) * last + direction
            result[last] = direction
        result[w] = w - lr * direction
        return result
