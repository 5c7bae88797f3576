"""An earlier layer once more."""

from __future__ import annotations

from support.kinds import LAYER_NAME
from support.members import NAMED, LayerCase, StackVariant, Tensor, Weights


def twice(w: Weights, x: Tensor) -> Tensor:
    """The same weights for both."""
    first = (x @ w["tower/weight"] + w["tower/bias"]).tanh()
    return first @ w["tower/weight"] + w["tower/bias"]


CASE = LayerCase(
    settings={"of": LAYER_NAME},
    needed={"of": "skip"},
    main=("of", "skip"),
    front=NAMED,
    suits=None,
    variants=[
        StackVariant("dense: {units: 6, name: tower}, tanh, again: tower", (6,), twice),
    ],
)
