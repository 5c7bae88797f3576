"""One rise, one fall."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.ops import cos, greater, minimum, select
from netcli.optimizers.schedules.schedule import Progress, Schedule


class OneCycle(Schedule):
    """The rate rises from a fraction of itself to itself, then falls to nearly nothing, both along half a cosine.

    Of n steps, counted from 0, the first has `start`, step rise · n - 1 has 1, and the last has `final`, as in PyTorch.
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
        top, last = max(self.rise * progress.steps - 1, 0.0), max(progress.steps - 1, 1.0)
        rise = progress.number("rise_steps", top)
        fallen = (progress.step - rise if top else progress.step) / progress.number("fall_steps", last - top)
        half = progress.number("half_fall", (1.0 - self.final) * 0.5)
        falling = progress.number("final", self.final) + half * _wave(minimum(fallen, 1.0))
        if not top:
            return falling
        rising = 1.0 + progress.number("half_rise", (self.start - 1.0) * 0.5) * _wave(progress.step / rise)
        return select(greater(rise, progress.step), rising, falling)


def _wave(share: Node) -> Node:
    """From 2 to 0 along half a cosine."""
    return 1.0 + cos(share * math.pi)
