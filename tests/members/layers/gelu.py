"""The activation gelu."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase
from support.peers import activation

CASE = LayerCase(suits="he", **activation("gelu", lambda x: F.gelu(x)))
