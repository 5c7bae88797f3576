"""He's normal distribution."""

from __future__ import annotations

from support.members import Distribution, InitializerCase

CASE = InitializerCase(distributions={"he": Distribution(0.0, lambda into, out: 2 / into)})
