"""Adam."""

from __future__ import annotations

from netcli.graph import Node
from netcli.optimizers.moments import Moments
from netcli.optimizers.optimizer import Optimizer, Rate, Share, Updates


class Adam(Optimizer):
    """Adam: steps of adapted size from running moments of the gradient.

    m ← β₁ · m + (1 - β₁) · g;  v ← β₂ · v + (1 - β₂) · g²;  w ← w - lr · m̂ / (√v̂ + ε),
    with m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ).
    Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
    """

    word = "adam"
    main = "lr"

    lr: Rate = 0.001
    """Learning rate, before any schedule."""

    beta1: Share = 0.9
    """Decay of the running mean of the gradient."""

    beta2: Share = 0.999
    """Decay of the running mean of its square."""

    epsilon: Rate = 1e-8
    """Added to the denominator."""

    def updates(self, w: Node, g: Node, lr: Node, step: Node) -> Updates:
        """Two slots."""
        direction, moments = Moments(self.beta1, self.beta2, self.epsilon).step(self.word, w, g, step)
        return {w: w - lr * direction, **moments}
