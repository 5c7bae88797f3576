"""The activation softplus."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase
from support.peers import activation

# below its threshold, torch does not cut off e^-x
CASE = LayerCase(suits="he", **activation("softplus", lambda x: F.softplus(x, threshold=50.0)))
