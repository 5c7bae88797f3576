"""Half a cosine down to the final share."""

from __future__ import annotations

import math

from support.kinds import FRACTION
from support.late import torch
from support.members import ScheduleCase

CASE = ScheduleCase(
    settings={"final": FRACTION},
    factors={
        "cosine: {}": lambda step, steps: math.cos(math.pi * step / steps / 2) ** 2,
        "cosine: {final: 0.25}": lambda step, steps: 0.25 + 0.75 * math.cos(math.pi * step / steps / 2) ** 2,
    },
    peers={
        "cosine": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20),
        "cosine: {final: 0.2}": lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 20, eta_min=0.2 * 0.3),
    },
)
