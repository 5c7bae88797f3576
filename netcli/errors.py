"""The errors netcli raises for things a person can mend.

    NetcliError                 exit code 2: the request is wrong
    ├── ConfigError             the YAML file or an override; carries one Problem per mistake
    ├── DataError               a data set, an input file, a bundled file
    ├── CheckpointError         a run directory or a checkpoint
    ├── PluginError             a Python file with operations and layers of the user's own
    ├── UsageError              arguments of a command
    ├── GraphError              a node that cannot be: shapes, dtypes, attributes
    │   ├── MissingRuleError    an operation on a gradient's path that has no rule
    │   └── NoPathError         a variable that the loss does not depend on
    ├── ExecutorError           a graph that an executor cannot serve
    └── AnswerIsNo              exit code 1: the request was right, the answer is no
        └── DivergedError       a loss or a gradient that is not finite

Every message says what was expected, what was found and what to do. Anything else that escapes is a bug in netcli.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Place:
    """A place in a text: `source` is a file's name or an argument; `line` and `column` count from 1."""

    source: str
    line: int
    column: int
    text: str | None = None  # the whole line, where it is known

    def __str__(self) -> str:
        return f"{_safe(self.source)}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One mistake in a file: where it stands, what is wrong and what to do about it."""

    message: str
    place: Place | None = None
    hint: str | None = None

    def __str__(self) -> str:
        lines = [f"{self.place}: error: {_safe(self.message)}" if self.place else f"error: {_safe(self.message)}"]
        if self.place is not None and self.place.text is not None:
            lines += _excerpt(self.place.line, self.place.column, self.place.text)
        if self.hint:
            lines += [f"  {line}" for line in _safe(self.hint).split("\n")]
        return "\n".join(lines)


def _excerpt(line: int, column: int, text: str) -> list[str]:
    """The line as a terminal can show it, cut around the column where it is long, and a caret under the column."""
    before = _safe(text[: column - 1])
    shown = before + _safe(text[column - 1 :])
    first = max(0, len(before) - EXCERPT // 2) if len(shown) > EXCERPT else 0
    cut = shown[first : first + EXCERPT]
    cut = ("…" if first else "") + cut + ("…" if first + EXCERPT < len(shown) else "")
    indent = " " * (_width(before[first:]) + (1 if first else 0))
    number = f"{line:>5}"
    return [f"{number} | {cut}".rstrip(), f"{' ' * len(number)} | {indent}^"]


#: Characters of a line that are shown; longer lines are cut around the place of the mistake.
EXCERPT = 120


def _safe(text: str) -> str:
    """The text with tabs as four spaces and a placeholder for what a terminal would obey or not show; line feeds stay."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text.replace("\t", "    "))


def _width(text: str) -> int:
    """Columns that the text takes in a terminal: two for wide East Asian characters, none for combining marks."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) != 0 for character in text)


class NetcliError(Exception):
    """Base of all errors that a person can mend; `exit_code` is what the command line ends with."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, place: Place | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message, self.place, self.hint = message, place, hint

    @property
    def problems(self) -> Sequence[Problem]:
        """What to show, one entry a mistake."""
        return (Problem(self.message, self.place, self.hint),)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class ConfigError(NetcliError):
    """A configuration that is not valid; all its mistakes at once, in the order of the file."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("the configuration is not valid")
        self._problems = tuple(problems)

    @property
    def problems(self) -> Sequence[Problem]:
        return self._problems


class DataError(NetcliError):
    """Data that cannot be used: the message names the file and the place in it."""


class CheckpointError(NetcliError):
    """A run directory or checkpoint that cannot be read or does not fit the model."""


class PluginError(NetcliError):
    """A plugin that cannot be used; the place is its line, or where it is named."""


class UsageError(NetcliError):
    """Arguments of a command that do not go together."""


class GraphError(NetcliError):
    """A node that cannot be built: its inputs' types or its attributes do not fit the operation."""


class MissingRuleError(GraphError):
    """An operation on the path of a gradient has no vjp or jvp."""


class NoPathError(GraphError):
    """There is no differentiable path from the variable to the value that is differentiated."""


class ExecutorError(NetcliError):
    """An executor cannot serve a graph; the message names the node."""


class AnswerIsNo(NetcliError):  # noqa: N818 - it is an answer, not a failure
    """The request was right and the answer is no."""

    exit_code: ClassVar[int] = 1


class DivergedError(AnswerIsNo):
    """Training met a loss or gradient that is not finite."""
