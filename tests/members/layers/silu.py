"""The activation silu."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase
from support.peers import activation

CASE = LayerCase(suits="he", **activation("silu", lambda x: F.silu(x)))
