"""A power of gamma, the epochs being the exponent."""

from __future__ import annotations

from support.kinds import FRACTION_ABOVE_0
from support.late import torch
from support.members import PER_EPOCH, ScheduleCase

CASE = ScheduleCase(
    settings={"gamma": FRACTION_ABOVE_0},
    needed={"gamma": 0.5},
    main=("gamma", 0.9),
    factors={"exponential: {gamma: 0.8}": lambda step, steps: 0.8 ** (step / PER_EPOCH)},
    peers={"exponential: 0.7": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.7**0.25)},
)
