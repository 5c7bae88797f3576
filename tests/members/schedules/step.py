"""A drop every few epochs."""

from __future__ import annotations

from support.kinds import FRACTION_ABOVE_0, POSITIVE
from support.late import torch
from support.members import PER_EPOCH, ScheduleCase

CASE = ScheduleCase(
    settings={"epochs": POSITIVE, "gamma": FRACTION_ABOVE_0},
    needed={"epochs": 1},
    main=("epochs", 3),
    factors={
        "step: {epochs: 2}": lambda step, steps: 0.1 ** (step // (2 * PER_EPOCH)),
        "step: {epochs: 1.5, gamma: 0.5}": lambda step, steps: 0.5 ** (step // 15),
        "step: {epochs: 0.25, gamma: 0.5}": lambda step, steps: 0.5 ** (2 * step // 5),
    },
    peers={
        "step: 2": lambda o: torch.optim.lr_scheduler.StepLR(o, 8),
        "step: {epochs: 1.5, gamma: 0.5}": lambda o: torch.optim.lr_scheduler.StepLR(o, 6, 0.5),
    },
)
