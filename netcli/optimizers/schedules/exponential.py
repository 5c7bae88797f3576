"""Steady decay."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.ops import exp
from netcli.optimizers.schedules.schedule import Progress, Schedule


class Exponential(Schedule):
    """The rate is multiplied by `gamma` every epoch, a little at every step: gamma^epoch."""

    word = "exponential"
    main = "gamma"

    gamma: Annotated[float, Field(gt=0, le=1)]
    """Factor of an epoch."""

    def factor(self, progress: Progress) -> Node:
        """gamma^epoch."""
        return exp(progress.epochs * progress.number("log_gamma", math.log(self.gamma)))
