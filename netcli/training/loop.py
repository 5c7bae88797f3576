"""The training loop: epochs of steps, validation, and the reasons to stop. It tells listeners how it goes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from netcli.executors import State
from netcli.executors.executor import Told, nobody
from netcli.runs.checkpoint import Checkpoint
from netcli.runs.metrics import EpochRecord
from netcli.training.divergence import NonFinite, first_non_finite
from netcli.training.evaluation import Evaluator
from netcli.training.interruption import Interruption
from netcli.training.listeners import Listener
from netcli.training.parameter_rows import parameter_rows
from netcli.training.session import Session
from netcli.training.summary import Stopped, Summary


@dataclass(frozen=True)
class Outcome:
    """How training ended, and, where it diverged, at which value."""

    summary: Summary
    diverged_at: NonFinite | None


class Trainer:
    """A training from the checkpoint `start` on; `records` are those of the epochs before it.

    Making one compiles the step, and has the executor prepare the largest batch, and the evaluation: what cannot be trained is
    refused here, before anything is written. `told` is told how far that is. Raises ExecutorError; Ctrl-C ends it.
    """

    def __init__(self, session: Session, start: Checkpoint, records: Sequence[EpochRecord] = (), told: Told = nobody) -> None:
        self.session, self.epochs = session, session.loaded.config.train.epochs
        self.graph, self.guards = session.guarded_step, session.guards
        self.program = session.executor.compile(self.graph, self.guards)
        self.program.prepare(session.batch_size, told)
        self.evaluate = Evaluator.of(session.model, session.executor)
        self.evaluate.prepare([session.data.validation, session.data.test], told)
        self.state, self.position, self.averages = start.state, start.position, session.averages(start.sums)
        self.records = list(records)
        self.stopped: Stopped | None = None
        self.diverged_at: NonFinite | None = None
        self._start = start
        self._listeners: Sequence[Listener] = ()

    def train(self, listeners: Sequence[Listener], best: Callable[[], State]) -> Outcome:
        """Train to the end, or until stopped. `best` gives the state of the best epoch, which is tested at the end."""
        self._listeners = listeners
        for listener in listeners:
            listener.started(self)
        with Interruption() as interruption:
            while self._reason(interruption) is None:
                self._epoch(interruption)
        summary = self._summary(self._reason(interruption) or "finished", best)
        for listener in listeners:
            listener.ended(self, summary)
        return Outcome(summary, self.diverged_at)

    def stop(self, reason: Stopped) -> None:
        """Begin no further epoch; the first reason counts."""
        self.stopped = self.stopped or reason

    def checkpoint(self) -> Checkpoint:
        """Where training stands now."""
        return replace(
            self._start,
            state=self.state,
            position=self.position,
            sums=self.averages.arrays(),
            fingerprint=self.session.executor.fingerprint,
        )

    def _reason(self, interruption: Interruption) -> Stopped | None:
        """Why there is no further epoch, or None while there is one."""
        if self.stopped in {"diverged", "interrupted"}:
            return self.stopped
        if self.position.epoch >= self.epochs:
            return "finished"
        return self.stopped or ("interrupted" if interruption.asked else None)

    def _epoch(self, interruption: Interruption) -> None:
        """The rest of the present epoch."""
        started, done = time.perf_counter(), self.averages.examples
        for listener in self._listeners:
            listener.epoch_started(self)
        complete = self._steps(interruption)
        seconds = time.perf_counter() - started
        self.position = replace(self.position, seconds=self.position.seconds + seconds)
        if complete:
            self._finish_epoch((self.averages.examples - done) / max(seconds, 1e-9), seconds)

    def _steps(self, interruption: Interruption) -> bool:
        """The batches of an epoch that are still to do; whether all were done."""
        data, every = self.session.train_data, self.session.batches(self.position.epoch)
        batches = every[self.position.batch :]
        diverging = None
        steps = self.program.steps(self.state, data, batches, lambda: interruption.asked)
        for batch, outputs in zip(batches, steps, strict=False):
            if not all(np.isfinite(outputs[name]) for name in self.guards):
                diverging = batch  # the last one: the state is that before it
                continue
            self.averages.add(outputs, len(batch))
            self.position = replace(self.position, batch=self.position.batch + 1, examples=self.averages.examples)
            for listener in self._listeners:
                listener.step(self)
        if diverging is not None:
            feeds = {label: data[label][diverging] for label in self.graph.placeholders}
            self.diverged_at = first_non_finite(self.graph, self.state, feeds, self.guards)
            self.stop("diverged")
            return False
        if self.position.batch < len(every):
            self.stop("interrupted")
            return False
        return True

    def _finish_epoch(self, rate: float, seconds: float) -> None:
        """Validate, and tell."""
        data, averages, epoch = self.session.data, self.averages, self.position.epoch + 1
        validation = self.evaluate(self.state, data.validation) if data.validation is not None else None
        metrics = {name: averages.mean(name) for name in self.session.model.training.outputs}
        loss = (validation or metrics)["loss"]
        best = self.position.best is None or loss < self.position.best
        record = EpochRecord(
            epoch=epoch,
            epochs=self.epochs,
            step=epoch * self.session.steps_per_epoch,
            lr=averages.mean("lr"),
            seconds=seconds,
            samples_per_second=rate,
            train=metrics,
            validation=validation,
            grad_norm=averages.mean("grad_norm"),
            parameters=parameter_rows(self.session.model.parameters, averages, self.records),
            best=best,
        )
        self.records.append(record)
        self.position = replace(self.position, epoch=epoch, batch=0, examples=0)
        if best and math.isfinite(loss):  # any later epoch is better than one whose validation overflows
            self.position = replace(self.position, best=loss, best_epoch=epoch)
        self.averages = self.session.averages()
        for listener in self._listeners:
            listener.epoch_finished(self, record)

    def _summary(self, stopped: Stopped, best: Callable[[], State]) -> Summary:
        """The last epoch's numbers; where none is complete, what there is of the first. The test is that of the best epoch."""
        last = self.records[-1] if self.records else None
        names = self.session.model.training.outputs
        test = self.session.data.test if stopped in {"finished", "early"} else None
        seconds = self.position.seconds
        seen = self.position.epoch * len(self.session.data.train) + self.averages.examples
        return Summary(
            executor=self.session.executor.name,
            epochs=self.position.epoch,
            steps=self.position.epoch * self.session.steps_per_epoch + self.position.batch,
            seconds=seconds,
            samples_per_second=seen / seconds if seconds else 0.0,
            train=last.train if last else {name: self.averages.mean(name) for name in names},
            validation=last.validation if last else None,
            test=self.evaluate(best(), test) if test is not None else None,
            best_epoch=self.position.best_epoch or None,
            grad_norm=last.grad_norm if last else self.averages.mean("grad_norm"),
            stopped=stopped,
        )
