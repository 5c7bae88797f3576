"""The mean of each channel."""

from __future__ import annotations

from support.late import F
from support.members import LayerCase, LayerVariant

CASE = LayerCase(
    suits=None,
    variants=[LayerVariant("global_avgpool", (4, 6, 5), lambda w, x: F.adaptive_avg_pool2d(x, 1).flatten(1))],
)
