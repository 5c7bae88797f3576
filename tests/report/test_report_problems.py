"""Mistakes as the terminal shows them: the words of the error itself."""

from __future__ import annotations

from io import StringIO

import pytest

from netcli.errors import ConfigError, Place, Problem, UsageError
from netcli.report.problems import problem_lines
from netcli.report.terminal import Output
from netcli.report.text import Styled, line_text

PLACED = Problem('unknown key "filers"', Place("cfg.yaml", 4, 15, "  - conv: {filers: 8}"), 'did you mean "filters"?')


@pytest.mark.parametrize(
    "problem",
    [
        PLACED,
        Problem("no place"),
        Problem("two\nlines", hint="one\ntwo"),
        Problem("no line", Place("train.epochs=x", 1, 14), "a number"),
        Problem("two\nlines", Place("data.csv", 7, 200, "1.0," * 100)),
        Problem("an error: within an error", Place("a | b.yaml", 1, 1, "x | y")),
        Problem("", Place("c.yaml", 1, 1, "")),
    ],
)
def test_the_text_is_that_of_the_error(problem: Problem) -> None:
    shown = [line_text(line) for line in problem_lines(problem)]
    assert shown == [line.rstrip() for line in str(problem).splitlines()]


def test_the_parts_have_their_meaning() -> None:
    first, source, caret, hint = problem_lines(PLACED)
    assert Styled("cfg.yaml:4:15", "strong") in first
    assert Styled("error", "bad") in first
    assert source[0] == Styled("    4 |", "muted")
    assert caret[1] == Styled(" " * 15 + "^", "bad")
    assert hint == ('  did you mean "filters"?',)


def test_all_problems_are_printed_with_a_blank_between() -> None:
    stream = StringIO()
    Output.of(stream, {}).problem(ConfigError([PLACED, Problem("second")]))
    assert stream.getvalue() == (
        'cfg.yaml:4:15: error: unknown key "filers"\n'
        "    4 |   - conv: {filers: 8}\n"
        "      |               ^\n"
        '  did you mean "filters"?\n'
        "\n"
        "error: second\n"
    )


def test_one_problem() -> None:
    stream = StringIO()
    Output.of(stream, {}).problem(UsageError("--resume and --run-dir", hint="give one of them"))
    assert stream.getvalue() == "error: --resume and --run-dir\n  give one of them\n"
