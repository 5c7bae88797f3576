"""Adagrad: the first sum of squares is g²."""

from __future__ import annotations

import numpy as np
from support.kinds import POSITIVE
from support.late import torch
from support.members import OptimizerCase

CASE = OptimizerCase(
    settings={"lr": POSITIVE, "epsilon": POSITIVE},
    main=("lr", 0.5),
    quick=["adagrad: 1.0"],
    slots={"adagrad": ["square"]},
    first_step={
        "adagrad: 0.01": lambda w, g: 0.01 * np.sign(g),
        "adagrad: {lr: 0.01, epsilon: 0.1}": lambda w, g: 0.01 * g / (np.abs(g) + 0.1),
    },
    peers={
        "adagrad": lambda w: torch.optim.Adagrad(w),
        "adagrad: {lr: 0.3, epsilon: 0.1}": lambda w: torch.optim.Adagrad(w, lr=0.3, eps=0.1),
    },
)
