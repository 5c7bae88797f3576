"""A join with an earlier layer."""

from __future__ import annotations

from support.kinds import LAYER_NAME
from support.members import NAMED, LayerCase, StackVariant

CASE = LayerCase(
    settings={"of": LAYER_NAME},
    needed={"of": "skip"},
    main=("of", "skip"),
    front=NAMED,
    suits=None,
    variants=[
        StackVariant(f"{NAMED}, tanh, add: skip", (6,), lambda w, x: x.tanh() + x),
        StackVariant(f"{NAMED}, tanh, add: skip", (3, 5, 4), lambda w, x: x.tanh() + x),
    ],
)
