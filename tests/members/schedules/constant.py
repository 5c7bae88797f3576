"""The learning rate as it is."""

from __future__ import annotations

from support.late import torch
from support.members import ScheduleCase

CASE = ScheduleCase(
    factors={"constant": lambda step, steps: 1.0},
    peers={"constant: {warmup_epochs: 2}": lambda o: torch.optim.lr_scheduler.LinearLR(o, 1 / 8, total_iters=7)},
)
