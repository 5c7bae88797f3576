"""Adam with decoupled weight decay: lr · weight_decay · w more is subtracted."""

from __future__ import annotations

import numpy as np
from support.kinds import POSITIVE, SHARE
from support.late import torch
from support.members import OptimizerCase

CASE = OptimizerCase(
    settings={"lr": POSITIVE, "beta1": SHARE, "beta2": SHARE, "epsilon": POSITIVE, "weight_decay": SHARE},
    main=("lr", 0.5),
    quick=["adamw: {lr: 0.1, weight_decay: 0.0}"],
    slots={"adamw": ["mean", "square"]},
    first_step={
        "adamw: 0.01": lambda w, g: 0.01 * (np.sign(g) + 0.01 * w),
        "adamw: {lr: 0.01, epsilon: 0.1, weight_decay: 0.3}": lambda w, g: 0.01 * (g / (np.abs(g) + 0.1) + 0.3 * w),
    },
    peers={
        "adamw: 0.05": lambda w: torch.optim.AdamW(w, lr=0.05),
        "adamw: {lr: 0.05, beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weight_decay: 0.3}": lambda w: torch.optim.AdamW(
            w, lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3
        ),
    },
)
