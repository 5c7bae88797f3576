"""The lines that explain a picture of a graph."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from netcli.analysis.inspect.mirror import Mirror
from netcli.report.text import width_of

#: What the letters of a picture stand for, what its shapes say, what it leaves out.
_FORWARD_SIGNS = ("x: what comes from above",)


_BACKWARD_SIGNS = (
    "y: the result of the row",
    "g: the gradient from below",
    "∂p: the gradient of p",
    "┄▶ a value that the backward pass reads",
)

_SKIP = "skip: what goes past the layers"
_SHAPES = "n×3: three numbers for each of n examples"


_LEFT_OUT = "not drawn: {} nodes of metrics, statistics, norms and the optimizer's arithmetic"


def legend(drawn: Mirror, signs: Sequence[str], columns: int, left_out: int) -> list[str]:
    """The lines that explain a picture in so many columns; `signs` are those of its own."""
    past = [_SKIP] if any(each.fork is not None and each.fork.skips for each in drawn.sections) else []
    of_gradients = [*_BACKWARD_SIGNS, *signs] if drawn.has_gradients else []
    lines = [""]
    for sign in [*_FORWARD_SIGNS, *past, *of_gradients, _SHAPES]:
        longer = f"{lines[-1]} · {sign}" if lines[-1] else sign
        lines[-1:] = [longer] if width_of(longer) <= columns else [lines[-1], sign]
    return [*lines, *(textwrap.wrap(_LEFT_OUT.format(left_out), columns) if left_out else ())]
