"""Drops at fixed distances."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.ops import cast, exp
from netcli.optimizers.schedules.schedule import Progress, Schedule


class Step(Schedule):
    """The rate is multiplied by `gamma` every `epochs` epochs: gamma^⌊epoch / epochs⌋."""

    word = "step"
    main = "epochs"

    epochs: Annotated[float, Field(gt=0)]
    """Epochs between two drops."""

    gamma: Annotated[float, Field(gt=0, le=1)] = 0.1
    """Factor of a drop."""

    def factor(self, progress: Progress) -> Node:
        """gamma^⌊epoch / epochs⌋."""
        # more by some roundings of float32, so that none moves a drop that is due at a whole step to the step behind it
        period = (1 + 2.0**-21) / (self.epochs * progress.steps_per_epoch)
        periods = progress.step * progress.number("drops_per_step", period)
        drops = cast(cast(periods, "int32"), progress.step.type.dtype)
        return exp(drops * progress.number("log_gamma", math.log(self.gamma)))
