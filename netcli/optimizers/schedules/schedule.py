"""The contract of a schedule, and the warm-up in front of any."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from pydantic import Field

from netcli.graph import Node, constant, setting
from netcli.ops import cast, greater, minimum, select
from netcli.settings import Family, Option


@dataclass(frozen=True)
class Progress:
    """Where training stands: `now`, a scalar node that counts steps from 0; of how many steps of the whole training the first
    `warmup` are the warm-up's; how many make an epoch.
    """

    now: Node
    warmup: float
    whole: float
    steps_per_epoch: float

    @property
    def step(self) -> Node:
        """Steps since the warm-up."""
        return self.now - self.number("warmup_steps", self.warmup) if self.warmup else self.now

    @property
    def steps(self) -> float:
        """Steps from the warm-up to the end; 0 where training ends before the warm-up does."""
        return max(self.whole - self.warmup, 0.0)

    @property
    def epochs(self) -> Node:
        """Epochs since the warm-up, with fractions."""
        return self.step / self.number("steps_per_epoch", self.steps_per_epoch)

    @property
    def share(self) -> Node:
        """Share of those steps done, from 0 to 1."""
        return minimum(self.step / self.number("steps", max(self.steps, 1.0)), 1.0)

    def number(self, label: str, number: float) -> Node:
        """A setting of the schedule, or a number made of settings, as a scalar of the dtype of `now`."""
        return setting(label, number, self.now.type.dtype)


class Schedule(Option):
    """A factor on the learning rate that changes while training. Each is one file."""

    warmup_epochs: float = Field(default=0.0, ge=0)
    """Epochs in which the rate rises in equal steps to its full value, in front of the schedule. Where training is shorter than
    that, it ends on the way up."""

    @abstractmethod
    def factor(self, progress: Progress) -> Node:
        """The factor at this point after the warm-up, a scalar."""


SCHEDULES: Family[Schedule] = Family("schedule", "netcli.optimizers.schedules", Schedule)  # type: ignore[type-abstract]


def scheduled(schedule: Schedule, lr: float, step: Node, steps_per_epoch: int, epochs: int) -> Node:
    """The learning rate of a step, a scalar of the dtype of `step`, which counts from 0."""
    warmup = round(schedule.warmup_epochs * steps_per_epoch)
    progress = Progress(step, float(warmup), float(steps_per_epoch * epochs), float(steps_per_epoch))
    factor = cast(schedule.factor(progress), step.type.dtype)
    if factor is constant(1.0, step.type.dtype) and not warmup:
        return progress.number("lr", lr)
    rate = factor * progress.number("full_lr", lr)
    if not warmup:
        return rate
    rising = (step + 1.0) * progress.number("lr_per_warmup_step", lr / warmup)
    return select(greater(progress.number("warmup_steps", warmup), step), rising, rate)
