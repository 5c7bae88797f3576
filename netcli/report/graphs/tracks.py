"""Lines where the data part and meet again: stacks side by side, drawn one under the other, each with a guide of its own.

├─╮       the data part: the guide at the left goes past the layers
│ ▼       a layer
├─╯       they meet
▼ add(skip, x)
"""

from __future__ import annotations

from dataclasses import replace

from netcli.analysis.inspect.arrangement import Fork
from netcli.report.graphs.columns import Connection, PictureLine, Side

#: Columns of a guide in front of another one.
TRACK = 2


def fork_lines(fork: Fork, track: int, right: Side, kept: Connection | None) -> list[PictureLine]:
    """The line where a stack begins; `right` is the sum of the gradients that meet there."""
    goes_on = fork.skips or track < fork.stacks
    between = "─┼" * (track - 1)
    signs = f"{'├' if goes_on else '╰'}{between}─╮"
    if not fork.flows:
        blank = " " + " │" * (track - 1) + "  "
        return [PictureLine(Side(signs), Side(blank))]
    return [PictureLine(Side(signs), replace(right, guide=signs), kept)]


def join_lines(fork: Fork) -> list[PictureLine]:
    """The line where the stacks end and their outputs meet; where the gradient goes into each of them."""
    between = "─┴" * (fork.stacks - 1)
    left = f"{'├' if fork.skips else '╭'}{between}─╯"
    right = f"{'├' if fork.skips and fork.flows else '╭'}{between}─╯"
    return [PictureLine(Side(left), Side(right))]


def within(line: PictureLine, fork: Fork, track: int) -> PictureLine:
    """A line of a stack, behind the guides of what goes past it: the data, and the outputs of the stacks before."""
    goes_on = fork.skips or track < fork.stacks
    before = "│ " * (track - 1)
    left = ("│ " if goes_on else "  ") + before
    right = ("│ " if goes_on and fork.flows else "  ") + before
    return replace(
        line,
        left=replace(line.left, before=left + line.left.before),
        right=replace(line.right, before=right + line.right.before),
    )
