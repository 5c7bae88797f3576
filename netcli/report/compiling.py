"""What a person sees while code is compiled: nothing where it is found, else a bar, or now and then a line."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType

from netcli.report.bar import Progress, bar
from netcli.report.terminal import Output
from netcli.report.text import Line

#: Seconds after which a bar is drawn: what takes less needs none.
_MOMENT = 0.3
#: Outside a terminal: seconds until the first line, and between two lines.
_FIRST, _SILENCE = 2.0, 30.0


class Compiling:
    """Called with how many pieces are compiled, and how many there are. A context manager: leaving it ends the drawing."""

    def __init__(self, output: Output, quiet: bool = False, clock: Callable[[], float] = time.monotonic) -> None:
        self._output, self._quiet, self._clock = output, quiet, clock
        self._progress: Progress | None = None
        self._begun: float | None = None
        self._due = 0.0
        self._drawing = False

    def __enter__(self) -> Compiling:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._drawing:
            self._output.still()

    def __call__(self, made: int, of: int) -> None:
        """So many of the pieces are compiled."""
        now = self._clock()
        if self._begun is None:
            self._begun = now
            self._due = now + (_MOMENT if self._output.live else _FIRST)
        self._progress = Progress("compiling", made, of)
        if self._quiet or self._drawing or now < self._due:
            return
        if self._output.live:
            self._drawing = True
            self._output.animate(lambda width, _: self._drawn(width))
        else:
            self._output.line(f"compiling, {made} of {of} kernels")
            self._due = now + _SILENCE

    def _drawn(self, width: int) -> list[Line]:
        assert self._progress is not None
        return [bar(self._progress, width)]
