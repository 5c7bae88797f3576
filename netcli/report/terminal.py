"""What a stream can show, and writing to it. The only module that knows rich, which is imported where a stream has
colours.

A stream is *styled* when it shows colours and *live* when lines may be drawn over. Not every terminal is live (CI,
TERM=dumb, a notebook's `!command`), and colours forced into a pipe (FORCE_COLOR) do not make it live: no cursor
movement ever goes there.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from netcli.errors import NetcliError
from netcli.report.problems import problem_lines
from netcli.report.table import Table, layout
from netcli.report.text import Line, Style, Styled, line_text, printable_line, text_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

#: Draws the live area: the lines for a width and a height, none of them wider, no more of them than that.
Draw = Callable[[int, int], Sequence[Line]]

# The sixteen colours that the terminal's own theme defines: readable on dark and on light ground.
_COLOURS: Mapping[Style, str] = {
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "muted": "dim",
    "strong": "bold",
    "forward": "cyan",
    "backward": "magenta",
    "update": "blue",
}
_REFRESHES_PER_SECOND = 8


@dataclass(frozen=True)
class Abilities:
    """What a stream can show: whether it is a terminal, may be drawn over, has styles, and has colours among those."""

    terminal: bool
    live: bool
    styled: bool
    coloured: bool


def abilities(is_terminal: bool, environment: Mapping[str, str]) -> Abilities:
    """What a stream can show, by what it is and what the environment asks for.

    NO_COLOR (no-color.org) takes colours away and leaves bold; FORCE_COLOR (force-color.org) gives colours to any
    stream. In JPY_PARENT_PID's presence the process was started by a notebook, whose pseudo-terminal is shown as
    plain text.
    """
    able = is_terminal and environment.get("TERM", "").lower() not in {"dumb", "unknown"}
    coloured = (able or bool(environment.get("FORCE_COLOR"))) and not environment.get("NO_COLOR")
    live = able and not _is_set(environment, "CI") and "JPY_PARENT_PID" not in environment
    return Abilities(is_terminal, live, able or coloured, coloured)


def _is_set(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").lower() not in {"", "0", "false"}


def leave(stream: TextIO) -> None:
    """Point a stream whose reader is gone at nothing, so that the interpreter's last flush does not fail too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class Output:
    """A stream for people. Lines and tables go above the live area, where there is one.

    Raises BrokenPipeError where the reader is gone; the command line ends quietly then (`leave`).
    """

    def __init__(self, stream: TextIO, able: Abilities) -> None:
        self._stream, self._able = stream, able
        self._live: Live | None = None
        self._console: Console | None = _console(stream, able) if able.styled else None

    @classmethod
    def of(cls, stream: TextIO, environment: Mapping[str, str] = os.environ) -> Output:
        """An output that finds out itself what the stream can show."""
        return cls(stream, abilities(stream.isatty(), environment))

    @property
    def live(self) -> bool:
        """Whether `animate` may be used."""
        return self._able.live

    @property
    def encoding(self) -> str:
        """The stream's encoding; one in memory takes every character."""
        return self._stream.encoding or "utf-8"

    @property
    def width(self) -> int | None:
        """Columns of the terminal; None where lines may be of any length."""
        return self._size()[0] if self._able.terminal else None

    def _size(self) -> tuple[int, int]:
        if self._console is not None:
            return self._console.size.width, self._console.size.height
        try:
            size = os.get_terminal_size(self._stream.fileno())
        except OSError:  # a terminal that does not know its size
            return 80, 24
        return size.columns or 80, size.lines or 24

    def line(self, text: str = "", style: Style | None = None) -> None:
        """Write text of one or more lines, all with the same meaning."""
        self.lines([(Styled(line, style),) for line in text.splitlines() or [""]])

    def lines(self, lines: Sequence[Line]) -> None:
        """Write lines whose pieces have meanings of their own. They are not cut: a terminal folds what is too long."""
        shown = [printable_line(line, self.encoding) for line in lines]
        if self._console is None:
            self._write("".join(line_text(line) + "\n" for line in shown))
        elif self._live is not None:
            self._console.print(_rich_text(shown), soft_wrap=True)
        else:
            with self._console.capture() as captured:
                self._console.print(_rich_text(shown), soft_wrap=True)
            self._write(captured.get())

    def table(self, table: Table) -> None:
        """Write a table, as wide as the terminal allows."""
        self.lines(layout(table, self.width, self.encoding))

    def problem(self, error: NetcliError) -> None:
        """Write every mistake that the error holds, with its place, the line and a caret."""
        for number, problem in enumerate(error.problems):
            self.lines([()] * (number > 0) + problem_lines(problem))

    def animate(self, draw: Draw) -> None:
        """Keep drawing an area at the bottom of the terminal, from another thread, until `still`; only if live."""
        from rich.live import Live  # noqa: PLC0415 - only for a live terminal

        assert self.live and self._console is not None and self._live is None, "not live, or already drawing"
        self._live = Live(
            console=self._console,
            get_renderable=lambda: self._drawn(draw),
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=sys.stderr.isatty(),  # warnings go above the area; a log file still gets them
            vertical_overflow="crop",
        )
        self._live.start()

    def still(self) -> None:
        """End the drawing and remove its area; without one, do nothing."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _drawn(self, draw: Draw) -> Text:
        width, height = self._size()
        return _rich_text([printable_line(line, self.encoding) for line in draw(width, height)])

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _console(stream: TextIO, able: Abilities) -> Console:
    """A console that takes our word for what the stream can do."""
    from rich.console import Console  # noqa: PLC0415 - only for a stream with styles

    return Console(
        file=stream,
        force_terminal=True,
        force_interactive=able.live,
        force_jupyter=False,
        color_system="standard",
        no_color=not able.coloured,
        highlight=False,
        markup=False,
        emoji=False,
    )


def _rich_text(lines: Sequence[Line]) -> Text:
    from rich.text import Text  # noqa: PLC0415 - only for a stream with styles

    text = Text(no_wrap=True, overflow="crop")
    for number, line in enumerate(lines):
        text.append("\n" * (number > 0))
        for cell in line:
            style = None if isinstance(cell, str) or cell.style is None else _COLOURS[cell.style]
            text.append(text_of(cell), style)
    return text
