"""Up and down again."""

from __future__ import annotations

import math

from support.kinds import BETWEEN_0_AND_1, FRACTION, FRACTION_ABOVE_0
from support.late import torch
from support.members import ScheduleCase


def one_cycle(step: float, steps: float, rise: float = 0.3, start: float = 0.04, final: float = 4e-6) -> float:
    """From start up to 1 at step rise · steps - 1, down to final at the last one, each half a cosine."""
    top = rise * steps - 1
    if step < top:
        return 1 + (start - 1) * math.cos(math.pi * step / top / 2) ** 2
    return final + (1 - final) * math.cos(math.pi * (step - top) / (steps - 1 - top) / 2) ** 2


CASE = ScheduleCase(
    settings={"rise": BETWEEN_0_AND_1, "start": FRACTION_ABOVE_0, "final": FRACTION},
    factors={
        "one_cycle: {}": one_cycle,
        "one_cycle: {rise: 0.5, start: 0.5, final: 0.1}": lambda step, steps: one_cycle(step, steps, 0.5, 0.5, 0.1),
    },
    peers={"one_cycle": lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.3, total_steps=20, cycle_momentum=False)},
)
