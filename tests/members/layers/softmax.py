"""Shares that add up to 1."""

from __future__ import annotations

from support.members import LayerCase, LayerVariant
from support.peers import function, softmax

CASE = LayerCase(
    suits="glorot",
    variants=[LayerVariant("softmax", (5,), function(softmax))],
    parity=[LayerVariant("softmax", (5,), function(softmax), scale=300.0)],
)
