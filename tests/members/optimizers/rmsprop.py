"""RMSprop: the first mean of squares is (1 - decay) · g²."""

from __future__ import annotations

import numpy as np
from support.kinds import POSITIVE, SHARE
from support.late import torch
from support.members import OptimizerCase

CASE = OptimizerCase(
    settings={"lr": POSITIVE, "decay": SHARE, "momentum": SHARE, "epsilon": POSITIVE},
    main=("lr", 0.5),
    quick=["rmsprop: {lr: 0.01, decay: 0.9}", "rmsprop: {lr: 0.002, momentum: 0.8}"],
    slots={"rmsprop": ["square"], "rmsprop: {momentum: 0.9}": ["momentum", "square"]},
    first_step={
        "rmsprop: 0.01": lambda w, g: 0.01 * g / (np.sqrt(0.01 * g * g) + 1e-8),
        "rmsprop: {lr: 0.01, decay: 0.0}": lambda w, g: 0.01 * np.sign(g),
        "rmsprop: {lr: 0.01, decay: 0.75, epsilon: 0.1}": lambda w, g: 0.01 * g / (np.abs(g) / 2 + 0.1),
    },
    peers={
        "rmsprop": lambda w: torch.optim.RMSprop(w, lr=0.001),
        "rmsprop: {lr: 0.01, decay: 0.8, epsilon: 1e-3, momentum: 0.6}": lambda w: torch.optim.RMSprop(
            w, lr=0.01, alpha=0.8, eps=1e-3, momentum=0.6
        ),
    },
)
