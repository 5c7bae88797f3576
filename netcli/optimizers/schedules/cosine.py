"""Half a cosine."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.ops import cos
from netcli.optimizers.schedules.schedule import Progress, Schedule


class Cosine(Schedule):
    """The rate falls along half a cosine to `final` times itself: final + (1 - final) · (1 + cos(π · share)) / 2.

    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, without the restarts.
    """

    word = "cosine"

    final: Annotated[float, Field(ge=0, le=1)] = 0.0
    """What is left of the rate at the end."""

    def factor(self, progress: Progress) -> Node:
        """Falls from 1 to final."""
        half = progress.number("half_fall", (1 - self.final) * 0.5)
        return progress.number("final", self.final) + half * (1.0 + cos(progress.share * math.pi))
