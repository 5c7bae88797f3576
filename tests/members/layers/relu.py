"""The activation relu."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase
from support.peers import activation

CASE = LayerCase(suits="he", tells_dead=True, **activation("relu", lambda x: F.relu(x)))
