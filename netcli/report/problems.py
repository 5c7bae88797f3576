"""How a mistake is shown: the text of `str(problem)`, its parts with their meaning."""

from __future__ import annotations

from netcli.errors import Problem
from netcli.report.text import Line, Styled


def problem_lines(problem: Problem) -> list[Line]:
    """Place, message, the source line with a caret under the spot, and the hint, in the words of `str(problem)`."""
    lines = str(problem).splitlines()
    message = max(len(problem.message.splitlines()), 1)
    excerpt = 2 if problem.place is not None and problem.place.text is not None else 0
    return [
        _first(problem, lines[0]),
        *((line,) for line in lines[1:message]),
        *(_with_gutter(line, caret=number == 1) for number, line in enumerate(lines[message : message + excerpt])),
        *((line,) for line in lines[message + excerpt :]),
    ]


def _first(problem: Problem, line: str) -> Line:
    """`PLACE: error: MESSAGE`, where there is a place."""
    place = str(problem.place) if problem.place is not None else ""
    separator = ": " if place else ""
    message = line.removeprefix(f"{place}{separator}error: ")
    return (Styled(place, "strong"), separator, Styled("error", "bad"), ": ", Styled(message, "strong"))


def _with_gutter(line: str, *, caret: bool) -> Line:
    """`   12 | the line`, or the caret under it."""
    number, bar, text = line.partition(" |")
    return (Styled(number + bar, "muted"), Styled(text, "bad" if caret else None))
