"""The activation hard_swish."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase
from support.peers import activation

CASE = LayerCase(suits="he", **activation("hard_swish", lambda x: F.hardswish(x)))
