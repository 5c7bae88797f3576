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
        # half a step more, so that rounding never moves a drop to the step before or after
        drops = cast(cast((progress.step + 0.5) / (self.epochs * progress.steps_per_epoch), "int32"), progress.step.type.dtype)
        return exp(drops * math.log(self.gamma))
