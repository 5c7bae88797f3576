"""The logarithms of shares that add up to 1."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase, LayerVariant

CASE = LayerCase(suits="glorot", variants=[LayerVariant("log_softmax", (5,), lambda w, x: F.log_softmax(x, 1))])
