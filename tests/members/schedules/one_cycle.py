"""Up and down again. torch's OneCycleLR counts its steps otherwise, so the formula alone is its peer."""

from __future__ import annotations

import math

from support.kinds import BETWEEN_0_AND_1, FRACTION, FRACTION_ABOVE_0
from support.members import ScheduleCase


def one_cycle(share: float, rise: float = 0.3, start: float = 0.04, final: float = 4e-6) -> float:
    """From start up to 1, down to final, each half a cosine."""
    if share < rise:
        return 1 + (start - 1) * math.cos(math.pi * share / rise / 2) ** 2
    return final + (1 - final) * math.cos(math.pi * (share - rise) / (1 - rise) / 2) ** 2


CASE = ScheduleCase(
    settings={"rise": BETWEEN_0_AND_1, "start": FRACTION_ABOVE_0, "final": FRACTION},
    factors={
        "one_cycle: {}": lambda epoch, share: one_cycle(share),
        "one_cycle: {rise: 0.5, start: 0.5, final: 0.1}": lambda epoch, share: one_cycle(share, 0.5, 0.5, 0.1),
    },
)
