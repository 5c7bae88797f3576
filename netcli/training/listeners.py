"""Who is told how a training goes: the loop tells, and knows none of them.

`started`, then for each epoch `epoch_started`, `step` after every step, `epoch_finished`, then `ended`, whichever way it ends.
They are told in the order in which they were given to the loop. Here are those that keep the run and the one that decides when
to stop; those that show it to a person stand in `report/`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from netcli.executors import State
from netcli.graph import Node
from netcli.runs.checkpoint import check_fits, read, save
from netcli.runs.directory import RunDirectory
from netcli.runs.metrics import EpochRecord
from netcli.training.summary import Summary

if TYPE_CHECKING:
    from netcli.training.loop import Trainer


class Listener:
    """Each method does nothing unless a listener says otherwise. What it raises ends the training.

    A listener reads the trainer; it may call `Trainer.stop`, and changes nothing else of it.
    """

    def started(self, trainer: Trainer) -> None:
        """Training begins, or goes on, at the trainer's position."""

    def epoch_started(self, trainer: Trainer) -> None:
        """An epoch begins, or what was left of one."""

    def step(self, trainer: Trainer) -> None:
        """A step is done and counted. Called for every step: it must be cheap."""

    def epoch_finished(self, trainer: Trainer, record: EpochRecord) -> None:
        """An epoch is complete; the trainer stands before the next one."""

    def ended(self, trainer: Trainer, summary: Summary) -> None:
        """Training ended, or was stopped; why is in the summary."""


class Metrics(Listener):
    """A line per epoch in the run's metrics. Told before the checkpoints: a line too many is dropped on resuming, a missing one
    would be lost.
    """

    def __init__(self, run: RunDirectory) -> None:
        self._run = run

    def epoch_finished(self, trainer: Trainer, record: EpochRecord) -> None:
        self._run.append(record)


class Checkpoints(Listener):
    """The best and the last state of the run: after each epoch, and where training is stopped within one."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run

    def epoch_finished(self, trainer: Trainer, record: EpochRecord) -> None:
        if record.best:
            save(self._run.best, trainer.checkpoint())
        save(self._run.last, trainer.checkpoint())

    def ended(self, trainer: Trainer, summary: Summary) -> None:
        if summary.stopped in {"interrupted", "diverged"}:
            save(self._run.last, trainer.checkpoint())


def best_state(run: RunDirectory, variables: Iterable[Node]) -> State:
    """The state of a run's best epoch, which has these variables. Raises CheckpointError."""
    best = read(run.best)
    check_fits(run.best, best.state, variables)
    return best.state


class Patience(Listener):
    """Stops a training whose last epochs, so many of them, were no better than the best before them."""

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs

    def started(self, trainer: Trainer) -> None:
        self._look(trainer)

    def epoch_finished(self, trainer: Trainer, record: EpochRecord) -> None:
        self._look(trainer)

    def _look(self, trainer: Trainer) -> None:
        if trainer.position.epoch - trainer.position.best_epoch >= self._epochs:
            trainer.stop("early")
