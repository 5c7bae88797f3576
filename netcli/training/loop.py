"""The training loop: epochs of steps, validation, checkpoints, and the reasons to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from netcli.report.page import training_page
from netcli.report.records import EpochRecord, Stopped, Summary
from netcli.report.training import TrainingReport
from netcli.training.averages import Averages
from netcli.training.checkpoint import Checkpoint, check_fits, read, save, write_atomically
from netcli.training.divergence import NonFinite, first_non_finite
from netcli.training.evaluation import Evaluator
from netcli.training.interruption import Interruption
from netcli.training.records import header, parameter_rows
from netcli.training.run_directory import RunDirectory
from netcli.training.session import Session

#: Seconds between two versions of the page while training; who watches it needs no more of them.
PAGE_INTERVAL = 1.0


@dataclass(frozen=True)
class Outcome:
    """How training ended, and, where it diverged, at which value."""

    summary: Summary
    diverged_at: NonFinite | None


class Trainer:
    """One training run from `start` on; `records` are those of the epochs before it."""

    def __init__(
        self,
        session: Session,
        run: RunDirectory,
        report: TrainingReport,
        start: Checkpoint,
        records: Sequence[EpochRecord] = (),
    ) -> None:
        self.session, self.run, self.report = session, run, report
        config = session.loaded.config
        self.epochs, self.patience = config.train.epochs, config.train.patience
        self.executor, self.graph = session.executor, session.guarded_step
        self.guards = session.guards
        self.program = self.executor.compile(self.graph, self.guards)
        self.evaluate = Evaluator.of(session.model, self.executor)
        self.state, self.position, self.averages = start.state, start.position, Averages(start.sums)
        self.records = list(records)
        self.header = header(session, self.executor.name, str(run.path))
        self.diverged_at: NonFinite | None = None
        self.page_written = -math.inf

    def train(self) -> Outcome:
        """Train to the end, or until stopped; everything is saved whichever way it ends."""
        self.report.header(self.header)
        stopped = self._ended()
        with Interruption() as interruption, self.report:
            while stopped is None:
                stopped = self._epoch(interruption) or self._ended() or ("interrupted" if interruption.asked else None)
        if stopped in {"interrupted", "diverged"}:
            self._save_last()
        summary = self._summary(stopped)
        if summary.test is not None:
            measure = "validation" if self.session.data.validation is not None else "training"
            self.report.message(
                f"tested with the weights of epoch {self.position.best_epoch}, which has the least {measure} loss"
            )
        self._write_page(summary)
        self.report.finished(summary)
        return Outcome(summary, self.diverged_at)

    def _ended(self) -> Stopped | None:
        """Why there is no further epoch: all are done, or the last ones were no better; None while there is one."""
        if self.position.epoch >= self.epochs:
            return "finished"
        waited = self.position.epoch - self.position.best_epoch
        return "early" if self.patience is not None and waited >= self.patience else None

    def _epoch(self, interruption: Interruption) -> Stopped | None:
        """The rest of the present epoch. Returns why it could not be completed, or None."""
        started, epoch = time.perf_counter(), self.position.epoch
        done = self.averages.examples
        self.report.epoch_started(epoch + 1, self.epochs, len(self.session.data.train))
        stopped = self._steps(epoch, interruption)
        seconds = time.perf_counter() - started
        self.position = replace(self.position, seconds=self.position.seconds + seconds)
        if stopped is None:
            self._finish_epoch((self.averages.examples - done) / max(seconds, 1e-9), seconds)
        return stopped

    def _steps(self, epoch: int, interruption: Interruption) -> Stopped | None:
        """The batches of an epoch that are still to do."""
        data = self.session.train_data
        every = self.session.batches(epoch)
        batches = every[self.position.batch :]
        diverging = None
        steps = self.program.steps(self.state, data, batches, lambda: interruption.asked)
        for batch, outputs in zip(batches, steps, strict=False):
            if not all(np.isfinite(outputs[name]) for name in self.guards):
                diverging = batch  # the last one: the state is that before it
                continue
            self.averages.add(outputs, len(batch))
            self.position = replace(self.position, batch=self.position.batch + 1)
            self.report.progress(self.averages.examples, self.averages.mean("loss"))
        if diverging is not None:
            feeds = {label: data[label][diverging] for label in self.graph.placeholders}
            self.diverged_at = first_non_finite(self.graph, self.state, feeds, self.guards)
            return "diverged"
        return "interrupted" if self.position.batch < len(every) else None

    def _finish_epoch(self, rate: float, seconds: float) -> None:
        """Validate, record, save."""
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
        self.position = replace(self.position, epoch=epoch, batch=0)
        if best and math.isfinite(loss):  # any later epoch is better than one whose validation overflows
            self.position = replace(self.position, best=loss, best_epoch=epoch)
        self.averages = Averages()
        self.run.append(record)  # before the checkpoint: an entry too many is dropped on resuming, a missing one is lost
        if best:
            save(self.run.best, self._checkpoint())
        self._save_last()
        self.report.epoch_finished(record)
        if time.perf_counter() - self.page_written >= PAGE_INTERVAL:
            self._write_page(None)

    def _checkpoint(self) -> Checkpoint:
        session = self.session
        return Checkpoint(
            self.state, self.position, self.averages.arrays(), session.signature, self.executor.fingerprint, session.digests
        )

    def _save_last(self) -> None:
        save(self.run.last, self._checkpoint())

    def _write_page(self, summary: Summary | None) -> None:
        page = training_page(self.header, self.records, summary)  # names of files may hold what is not UTF-8
        self.page_written = time.perf_counter()
        write_atomically(self.run.report, page.encode("utf-8", "backslashreplace"))

    def _summary(self, stopped: Stopped) -> Summary:
        """The last epoch's numbers; where none is complete, what there is of the first. The test is that of the best epoch."""
        last = self.records[-1] if self.records else None
        names = self.session.model.training.outputs
        train = last.train if last else {name: self.averages.mean(name) for name in names}
        seconds = self.position.seconds
        seen = self.position.epoch * len(self.session.data.train) + self.averages.examples
        return Summary(
            run_dir=str(self.run.path),
            executor=self.executor.name,
            epochs=self.position.epoch,
            steps=self.position.epoch * self.session.steps_per_epoch + self.position.batch,
            seconds=seconds,
            samples_per_second=seen / seconds if seconds else 0.0,
            train=train,
            validation=last.validation if last else None,
            test=self._test() if stopped in {"finished", "early"} else None,
            grad_norm=last.grad_norm if last else self.averages.mean("grad_norm"),
            stopped=stopped,
        )

    def _test(self) -> dict[str, float] | None:
        """Loss and metrics on the test split, with the best weights."""
        if self.session.data.test is None:
            return None
        best = read(self.run.best)
        check_fits(self.run.best, best.state, self.session.model.variables.values())
        return self.evaluate(best.state, self.session.data.test)
