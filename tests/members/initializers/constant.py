"""One number everywhere."""

from __future__ import annotations

from support.kinds import NUMBER
from support.members import Distribution, InitializerCase

CASE = InitializerCase(
    settings={"value": NUMBER},
    needed={"value": 1.0},
    main=("value", -0.25),
    distributions={"constant: -0.25": Distribution(-0.25, 0.0)},
)
