"""Copies of a stack."""

from __future__ import annotations

from support.kinds import NATURAL, STACK
from support.members import LayerCase, LayerVariant, Tensor, Weights


def dense_twice(w: Weights, x: Tensor) -> Tensor:
    """Each with weights of its own."""
    for number in (1, 2):
        x = (x @ w[f"repeat1/{number}/dense1/weight"] + w[f"repeat1/{number}/dense1/bias"]).tanh()
    return x


CASE = LayerCase(
    settings={"times": NATURAL, "layers": STACK},
    needed={"times": 2, "layers": ["tanh"]},
    suits="glorot",
    variants=[
        LayerVariant("repeat: {times: 3, layers: [tanh]}", (6,), lambda w, x: x.tanh().tanh().tanh()),
        LayerVariant("repeat: {times: 2, layers: [dense: 6, tanh]}", (6,), dense_twice),
    ],
)
