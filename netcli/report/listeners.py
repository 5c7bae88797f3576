"""Who shows a training while it goes on: a terminal, and a page that is written anew now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from netcli.analysis.inspect.records import Header
from netcli.report.page import training_page
from netcli.report.training import TrainingReport
from netcli.runs.directory import RunDirectory
from netcli.runs.files import write_atomically
from netcli.runs.metrics import EpochRecord
from netcli.training.listeners import Listener
from netcli.training.summary import Summary

if TYPE_CHECKING:
    from netcli.training.loop import Trainer

#: Seconds between two versions of the page while training; who watches it needs no more of them.
PAGE_INTERVAL = 1.0


class Terminal(Listener):
    """Tells a report for people how the training goes."""

    def __init__(self, report: TrainingReport, header: Header) -> None:
        self._report, self._header = report, header

    def started(self, trainer: Trainer) -> None:
        self._report.header(self._header)

    def epoch_started(self, trainer: Trainer) -> None:
        self._report.epoch_started(trainer.position.epoch + 1, trainer.epochs, len(trainer.session.data.train))

    def step(self, trainer: Trainer) -> None:
        self._report.progress(trainer.averages.examples, trainer.averages.mean("loss"))

    def epoch_finished(self, trainer: Trainer, record: EpochRecord) -> None:
        self._report.epoch_finished(record)

    def ended(self, trainer: Trainer, summary: Summary) -> None:
        self._report.finished(summary)


class Page(Listener):
    """The run's page with the curves: after an epoch, at most once in PAGE_INTERVAL, and at the end."""

    def __init__(self, run: RunDirectory, header: Header, clock: Callable[[], float] = time.monotonic) -> None:
        self._run, self._header, self._clock = run, header, clock
        self._written: float | None = None

    def epoch_finished(self, trainer: Trainer, record: EpochRecord) -> None:
        if self._written is None or self._clock() - self._written >= PAGE_INTERVAL:
            self._write(trainer, None)

    def ended(self, trainer: Trainer, summary: Summary) -> None:
        self._write(trainer, summary)

    def _write(self, trainer: Trainer, summary: Summary | None) -> None:
        page = training_page(self._header, trainer.records, summary)
        self._written = self._clock()
        write_atomically(self._run.report, page.encode("utf-8", "backslashreplace"))  # names of files may not be UTF-8
