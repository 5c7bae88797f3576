"""A uniform distribution."""

from __future__ import annotations

from support.kinds import NUMBER, Kind
from support.members import Distribution, InitializerCase

CASE = InitializerCase(
    settings={
        "low": Kind((-1, 0.01), NUMBER.wrong, (0.05, 1)),
        "high": Kind((1, 0.0), NUMBER.wrong, (-0.05, -1)),
    },
    distributions={
        "uniform": Distribution(0.0, 0.1**2 / 12, lambda into, out: (-0.05, 0.05)),
        "uniform: {low: 0.5, high: 2.5}": Distribution(1.5, 4 / 12, lambda into, out: (0.5, 2.5)),
    },
)
