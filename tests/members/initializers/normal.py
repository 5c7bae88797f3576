"""A normal distribution."""

from __future__ import annotations

from support.kinds import NUMBER, POSITIVE
from support.members import Distribution, InitializerCase

CASE = InitializerCase(
    settings={"deviation": POSITIVE, "mean": NUMBER},
    main=("deviation", 0.3),
    distributions={
        "normal": Distribution(0.0, 0.01**2),
        "normal: {mean: 1.5, deviation: 0.2}": Distribution(1.5, 0.2**2),
    },
)
