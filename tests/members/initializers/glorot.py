"""Glorot's uniform distribution."""

from __future__ import annotations

import math

from support.members import Distribution, InitializerCase


def limits(into: int, out: int) -> tuple[float, float]:
    """±√(6 / (into + out))."""
    limit = math.sqrt(6 / (into + out))
    return -limit, limit


CASE = InitializerCase(distributions={"glorot": Distribution(0.0, lambda into, out: 2 / (into + out), limits)})
