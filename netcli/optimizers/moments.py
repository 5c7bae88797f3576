"""The direction of Adam and AdamW."""

from __future__ import annotations

import math

from netcli.graph import Node
from netcli.ops import expm1, sqrt
from netcli.optimizers.optimizer import Updates, slot


def moments_direction(word: str, settings: tuple[float, float, float], w: Node, g: Node, step: Node, updates: Updates) -> Node:
    """m̂ / (√v̂ + ε) of Kingma and Ba, 2015, algorithm 1; the moments' updates are added to `updates`.

    `settings` are β₁, β₂ and ε; `step` counts from 0, so that t = step + 1.
    """
    beta1, beta2, epsilon = settings
    old_mean, old_square = slot(word, "mean", w), slot(word, "square", w)
    mean = beta1 * old_mean + (1 - beta1) * g
    square = beta2 * old_square + (1 - beta2) * (g * g)
    updates.update({old_mean: mean, old_square: square})
    return (mean / _bias(beta1, step)) / (sqrt(square / _bias(beta2, step)) + epsilon)


def _bias(beta: float, step: Node) -> Node:
    """1 - βᵗ, to the last bits: for a β near 1, subtracting a power in float32 would lose four digits in the first steps."""
    return -expm1((step + 1.0) * math.log(beta)) if beta else step * 0.0 + 1.0
