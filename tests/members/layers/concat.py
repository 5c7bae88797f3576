"""A join with an earlier layer."""

from __future__ import annotations

from support.kinds import LAYER_NAME
from support.late import torch
from support.members import NAMED, LayerCase, StackVariant

CASE = LayerCase(
    settings={"of": LAYER_NAME},
    needed={"of": "skip"},
    main=("of", "skip"),
    front=NAMED,
    suits=None,
    variants=[
        StackVariant(f"{NAMED}, tanh, concat: skip", (6,), lambda w, x: torch.cat([x.tanh(), x], 1)),
        StackVariant(f"{NAMED}, tanh, concat: skip", (3, 5, 4), lambda w, x: torch.cat([x.tanh(), x], 1)),
    ],
)
