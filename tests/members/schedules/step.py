"""A drop every few epochs."""

from __future__ import annotations

import math

from support.kinds import FRACTION_ABOVE_0, POSITIVE
from support.late import torch
from support.members import ScheduleCase

CASE = ScheduleCase(
    settings={"epochs": POSITIVE, "gamma": FRACTION_ABOVE_0},
    needed={"epochs": 1},
    main=("epochs", 3),
    factors={
        "step: {epochs: 2}": lambda epoch, share: 0.1 ** (epoch // 2),
        "step: {epochs: 1.5, gamma: 0.5}": lambda epoch, share: 0.5 ** math.floor(epoch / 1.5 + 1e-9),
    },
    peers={
        "step: 2": lambda o: torch.optim.lr_scheduler.StepLR(o, 8),
        "step: {epochs: 1.5, gamma: 0.5}": lambda o: torch.optim.lr_scheduler.StepLR(o, 6, 0.5),
    },
)
