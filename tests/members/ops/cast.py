"""It takes numbers of every type."""

from __future__ import annotations

from support.members import OpCase

CASE = OpCase(takes_every_type=True)
