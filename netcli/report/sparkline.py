"""A row of small bars that shows how a positive number went, on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"  # text.printable has an ASCII sign for each

#: A full bar is at least this many times the lowest, so that noise of a few percent stays flat.
_LEAST_SPAN = 10.0


def sparkline(values: Sequence[float], width: int = 12) -> str:
    """The last `width` values, oldest first, one character each.

    The scale runs from the least to the greatest of them, over one decade or more; where they are closer together,
    they stand in the middle of it. Zero, which has no logarithm, is `_`; NaN and infinities are `!`. Values are taken
    without their signs.
    """
    shown = [abs(value) for value in values[len(values) - min(width, len(values)) :]]
    logs = [math.log10(value) for value in shown if math.isfinite(value) and value > 0]
    low, high = (min(logs), max(logs)) if logs else (0.0, 0.0)
    slack = max(math.log10(_LEAST_SPAN) - (high - low), 0) / 2
    return "".join(_bar(value, low - slack, high + slack) for value in shown)


def _bar(value: float, low: float, high: float) -> str:
    if not math.isfinite(value):
        return "!"
    if value == 0:
        return "_"
    share = (math.log10(value) - low) / (high - low)
    return _BARS[min(int(share * len(_BARS)), len(_BARS) - 1)]
