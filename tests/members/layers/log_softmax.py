"""The logarithms of shares that add up to 1."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase, LayerVariant

from netcli.layers.outputs import Form

CASE = LayerCase(
    suits="glorot",
    gives=Form.LOG_PROBABILITIES,
    variants=[LayerVariant("log_softmax", (5,), lambda w, x: F.log_softmax(x, 1))],
)
