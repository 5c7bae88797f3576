"""The running moments of Adam and AdamW."""

from __future__ import annotations

import math
from dataclasses import dataclass

from netcli.graph import Node
from netcli.ops import expm1, sqrt
from netcli.optimizers.optimizer import Updates, slot


@dataclass(frozen=True)
class Moments:
    """The settings of Kingma and Ba, 2015, algorithm 1: β₁ and β₂, the decays of the two moments, and ε."""

    beta1: float
    beta2: float
    epsilon: float

    def step(self, word: str, w: Node, g: Node, step: Node) -> tuple[Node, Updates]:
        """The direction m̂ / (√v̂ + ε) for a parameter `w` with the gradient `g`, and the updates of its two slots.

        `word` is the optimizer's, which the slots are named after; `step` counts from 0, so that t = step + 1.
        """
        old_mean, old_square = slot(word, "mean", w), slot(word, "square", w)
        mean = self.beta1 * old_mean + (1 - self.beta1) * g
        square = self.beta2 * old_square + (1 - self.beta2) * (g * g)
        direction = (mean / _bias(self.beta1, step)) / (sqrt(square / _bias(self.beta2, step)) + self.epsilon)
        return direction, {old_mean: mean, old_square: square}


def _bias(beta: float, step: Node) -> Node:
    """1 - βᵗ, to the last bits: for a β near 1, subtracting a power in float32 would lose four digits in the first steps."""
    return -expm1((step + 1.0) * math.log(beta)) if beta else step * 0.0 + 1.0
