"""Adam. With bias correction the first step is lr · g / (|g| + ε): nearly lr, whatever the gradient, unless ε is large."""

from __future__ import annotations

import numpy as np
from support.kinds import POSITIVE, SHARE
from support.late import torch
from support.members import OptimizerCase

CASE = OptimizerCase(
    settings={"lr": POSITIVE, "beta1": SHARE, "beta2": SHARE, "epsilon": POSITIVE},
    main=("lr", 0.5),
    quick=["adam: 0.1"],
    slots={"adam": ["mean", "square"]},
    first_step={
        "adam: 0.01": lambda w, g: 0.01 * np.sign(g),
        "adam: {lr: 0.01, epsilon: 0.1}": lambda w, g: 0.01 * g / (np.abs(g) + 0.1),
    },
    peers={
        "adam": lambda w: torch.optim.Adam(w),
        "adam: {lr: 0.05, beta1: 0.7, beta2: 0.9, epsilon: 1e-2}": lambda w: torch.optim.Adam(
            w, lr=0.05, betas=(0.7, 0.9), eps=1e-2
        ),
        "adam: {lr: 0.05, beta1: 0.0}": lambda w: torch.optim.Adam(w, lr=0.05, betas=(0.0, 0.999)),
    },
)
