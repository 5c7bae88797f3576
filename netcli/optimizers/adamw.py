"""AdamW."""

from __future__ import annotations

from netcli.graph import Node
from netcli.optimizers.moments import Moments
from netcli.optimizers.optimizer import Optimizer, Rate, Share, Updates, hyper


class AdamW(Optimizer):
    """Adam with weight decay that does not pass through the moments.

    w ← w - lr · (m̂ / (√v̂ + ε) + weight_decay · w), the moments as for adam.
    Loshchilov and Hutter, "Decoupled weight decay regularization", 2019.
    """

    word = "adamw"
    main = "lr"

    lr: Rate = 0.001
    """Learning rate, before any schedule."""

    beta1: Share = 0.9
    """Decay of the running mean of the gradient."""

    beta2: Share = 0.999
    """Decay of the running mean of its square."""

    epsilon: Rate = 1e-8
    """Added to the denominator."""

    weight_decay: Share = 0.01
    """Share of every parameter that is taken off, times the learning rate."""

    def updates(self, w: Node, g: Node, lr: Node, step: Node) -> Updates:
        """Two slots."""
        direction, moments = Moments(self.beta1, self.beta2, self.epsilon).step(self.word, w, g, step)
        return {w: w - lr * (direction + hyper("weight_decay", self.weight_decay, w) * w), **moments}
