"""No change."""

from __future__ import annotations

from netcli.graph import Node, constant
from netcli.optimizers.schedules.schedule import Progress, Schedule


class Constant(Schedule):
    """The learning rate stays as it is."""

    word = "constant"

    def factor(self, progress: Progress) -> Node:
        """1."""
        return constant(1.0, progress.step.type.dtype)
