"""What a person sees while a network is trained.

In a terminal: a line an epoch, and under them an area that is drawn over: the gradients after the last epoch and a
bar. Elsewhere: the same lines, now and then one about a long epoch. Where the gradients are not well, a line says so
when that changes. The gradients are printed once, when training ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType

from netcli.analysis.inspect.nesting import depth_of_table, depths_of, groups
from netcli.analysis.inspect.records import Header
from netcli.report.bar import bar, progress_line
from netcli.report.epochs import EpochLines, epoch_lines
from netcli.report.gradients import Diagnosis, diagnoses, diagnosis_lines, gradient_table
from netcli.report.model import header_table
from netcli.report.pace import Pace
from netcli.report.summary import ending, fact_lines, header_facts, result_table
from netcli.report.table import Table, layout
from netcli.report.terminal import Output
from netcli.report.text import Line, Styled
from netcli.runs.metrics import EpochRecord
from netcli.training.summary import Summary

#: Outside a terminal: seconds without a line after which one says how far the epoch is.
SILENCE = 30.0
#: Epoch lines after which their heading is repeated in a terminal, where it has scrolled away.
_HEADING_EVERY = 25
#: Rows of the gradient table, unless all are wanted: LeNet-5 has that many parameters.
_ROWS = 10
#: Terminal lines that stay free for the lines above the live area.
_LINES_ABOVE = 6
#: Terminal lines of the live area that are not rows: blanks, title, column titles, rule, caption, bar.
_LINES_AROUND = 7
#: Epochs in a sparkline, and where a terminal is at least that wide.
_HISTORY, _WIDE_HISTORY, _WIDE = 12, 40, 140


class TrainingReport:
    """The report of one training, in the order header, (epoch_started, progress…, epoch_finished)…, finished.

    A context manager: leaving it, also by an exception, ends the drawing. With `quiet` only the summary is shown, with
    `every_parameter` the gradients of all, as far as there is room while training. Of layers in layers those are shown that
    stand in less than `depth` others: by default as many as there is room for, and single parameters.
    """

    def __init__(
        self,
        output: Output,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
        *,
        every_parameter: bool = False,
        depth: int | None = None,
    ) -> None:
        self._output, self._quiet, self._clock = output, quiet, clock
        self._rows = None if every_parameter or depth is not None else _ROWS
        self._depth = depth
        self._groups: dict[str, str] = {}
        self._pace = Pace()
        self._columns: EpochLines | None = None  # all there are
        self._shown: EpochLines | None = None  # those that fit
        self._last: EpochRecord | None = None
        self._told: list[Diagnosis] = []
        self._run_dir = ""
        self._lines = 0
        self._drawing = False
        self._spoke = clock()
        self._drawn: tuple[object, list[Line]] = (None, [])

    def __enter__(self) -> TrainingReport:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the drawing; what was printed stays."""
        self._output.still()
        self._drawing = False

    def header(self, header: Header) -> None:
        """What will be trained: the model, the data, how."""
        self._run_dir = header.run_dir
        if self._depth is not None:
            self._groups = groups(depths_of(header.layers), self._depth)
        if self._quiet:
            return
        output = self._output
        output.lines([(Styled(header.name, "strong"), "  ", Styled(header.config, "muted")), ()])
        output.table(header_table(header, self._depth or depth_of_table(header.layers)))
        output.lines([(), *fact_lines(header_facts(header), output.width), ()])

    def message(self, text: str) -> None:
        """A remark, above the bar."""
        if not self._quiet:
            self._say([(line,) for line in text.splitlines()])

    def epoch_started(self, epoch: int, epochs: int, examples: int) -> None:
        """An epoch begins; it goes over that many examples."""
        self._pace.start(epoch, epochs, examples, self._clock())
        if self._output.live and not self._quiet and not self._drawing:
            self._output.animate(self._draw)
            self._drawing = True

    def progress(self, examples_done: int, loss: float) -> None:
        """So many examples of the epoch are done, with that loss. Cheap enough for every step."""
        now = self._clock()
        self._pace.advance(examples_done, loss)
        if not self._quiet and not self._drawing and now - self._spoke >= SILENCE:
            self._say([progress_line(self._pace.progress(now))])

    def epoch_finished(self, record: EpochRecord) -> None:
        """The numbers of an epoch: a line, and the gradients in the live area."""
        self._last = record
        if self._quiet:
            return
        heading = self._heading(record)
        assert self._shown is not None
        self._say([*heading, self._shown.line(record)])
        self._lines += 1
        found = diagnoses(record.parameters)
        if found != self._told:
            self._say(diagnosis_lines(found, self._output.width))
        self._told = found

    def finished(self, summary: Summary) -> None:
        """How training ended: the gradients once more, losses and metrics, where everything lies."""
        self.close()
        output = self._output
        if not self._quiet:
            if summary.test is not None:
                measure = "validation" if summary.validation is not None else "training"
                output.line(f"tested with the weights of epoch {summary.best_epoch}, which has the least {measure} loss")
            output.line()
            if self._last is not None and self._last.parameters:
                output.table(self._gradients(self._last, output.width, self._rows))
                output.line()
        output.lines([ending(summary), ()])
        output.table(result_table(summary))
        facts = {"run": self._run_dir, "report": f"{self._run_dir}/report.html"}
        output.lines([(), *fact_lines(facts, output.width)])

    def _say(self, lines: Sequence[Line]) -> None:
        self._output.lines(lines)
        self._spoke = self._clock()

    def _heading(self, record: EpochRecord) -> list[Line]:
        """The heading of the epoch lines where one is due: at first, when columns change, when it has scrolled away."""
        columns = epoch_lines(record, self._columns)
        shown = columns.fitted(self._output.width)
        if shown == self._shown and not (self._drawing and self._lines >= _HEADING_EVERY):
            return []
        blank: list[Line] = [()] if self._columns is not None else []
        self._columns, self._shown, self._lines = columns, shown, 0
        return [*blank, *shown.heading()]

    def _draw(self, width: int, height: int) -> list[Line]:
        """The live area: the last epoch's gradients, where there is room, and the bar."""
        progress = self._pace.progress(self._clock())
        room = height - _LINES_ABOVE - _LINES_AROUND
        rows = room if self._rows is None else min(room, self._rows)
        return [*self._gradient_lines(width, rows)[: max(height - _LINES_ABOVE, 0)], bar(progress, width)]

    def _gradient_lines(self, width: int, rows: int) -> list[Line]:
        """The lines of the gradient table in the live area, made anew only when something has changed."""
        key = (self._last, width, rows)
        if self._drawn[0] != key:
            fits = self._last is not None and self._last.parameters and rows >= 1
            table = self._gradients(self._last, width, rows) if self._last is not None and fits else None
            self._drawn = (key, [(), *layout(table, width, self._output.encoding), ()] if table else [])
        return self._drawn[1]

    def _gradients(self, record: EpochRecord, width: int | None, rows: int | None) -> Table:
        wide = width is not None and width >= _WIDE
        history = _WIDE_HISTORY if wide else _HISTORY
        title = f"gradients in epoch {record.epoch}"
        return gradient_table(record.parameters, limit=rows, epochs_shown=history, title=title, groups=self._groups)
