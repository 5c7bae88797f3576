"""Shares that add up to 1."""

from __future__ import annotations

from support.members import LayerCase, LayerVariant
from support.peers import function, softmax

from netcli.layers.outputs import Form

CASE = LayerCase(
    suits="glorot",
    gives=Form.CLASS_PROBABILITIES,
    variants=[LayerVariant("softmax", (5,), function(softmax))],
    parity=[LayerVariant("softmax", (5,), function(softmax), scale=300.0)],
)
