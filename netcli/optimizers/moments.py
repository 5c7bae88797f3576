"""The running moments of Adam and AdamW."""

from __future__ import annotations

import math
from dataclasses import dataclass

from netcli.graph import Node
from netcli.ops import expm1, sqrt
from netcli.optimizers.optimizer import Updates, hyper, slot


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
        mean = hyper("beta1", self.beta1, w) * old_mean + hyper("one_minus_beta1", 1 - self.beta1, w) * g
        square = hyper("beta2", self.beta2, w) * old_square + hyper("one_minus_beta2", 1 - self.beta2, w) * (g * g)
        size = sqrt(square / _bias("beta2", self.beta2, step)) + hyper("epsilon", self.epsilon, w)
        return (mean / _bias("beta1", self.beta1, step)) / size, {old_mean: mean, old_square: square}


def _bias(name: str, beta: float, step: Node) -> Node:
    """1 - βᵗ, to the last bits: for a β near 1, subtracting a power in float32 would lose four digits in the first steps."""
    return -expm1((step + 1.0) * hyper(f"log_{name}", math.log(beta), step)) if beta else step * 0.0 + 1.0
