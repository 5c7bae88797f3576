"""One rise, one fall."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.ops import cos, greater, select
from netcli.optimizers.schedules.schedule import Progress, Schedule


class OneCycle(Schedule):
    """The rate rises from a fraction of itself to itself, then falls to nearly nothing, both along half a cosine.

    Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018.
    """

    word = "one_cycle"

    rise: Annotated[float, Field(gt=0, lt=1)] = 0.3
    """Share of the steps in which the rate rises."""

    start: Annotated[float, Field(gt=0, le=1)] = 0.04
    """The factor at the start."""

    final: Annotated[float, Field(ge=0, le=1)] = 4e-6
    """The factor at the end."""

    def factor(self, progress: Progress) -> Node:
        """From start to 1 to final."""
        share = progress.share
        rising = _between(self.start, 1.0, share / self.rise)
        falling = _between(1.0, self.final, (share - self.rise) / (1 - self.rise))
        return select(greater(self.rise, share), rising, falling)


def _between(start: float, end: float, share: Node) -> Node:
    """From start to end along half a cosine."""
    return end + (start - end) * 0.5 * (1.0 + cos(share * math.pi))
