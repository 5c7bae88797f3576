"""How a mistake is shown on a terminal."""

from __future__ import annotations

import pytest

from netcli.errors import ConfigError, Place, Problem


def lines_of(text: str, column: int) -> tuple[str, str]:
    """The excerpt's line and the line of its caret, without the gutter."""
    head, line, caret = str(Problem("wrong", Place("c.yaml", 7, column, text))).split("\n")
    assert head == f"c.yaml:7:{column}: error: wrong"
    assert line.startswith("    7 |")
    assert caret.startswith("      | ")
    return line[8:], caret[8:]


@pytest.mark.parametrize(
    ("text", "column", "shown", "caret"),
    [
        ("key: value", 6, "key: value", "     ^"),
        ("key: value", 11, "key: value", "          ^"),
        ("", 1, "", "^"),
        ("a\tb: c", 3, "a    b: c", "     ^"),
        ("\t\tb", 2, "        b", "    ^"),
        ("größe: x", 8, "größe: x", "       ^"),
        ("日本: x", 5, "日本: x", "      ^"),
        ("e\u0301: x", 5, "e\u0301: x", "   ^"),
        ("😀: x", 4, "😀: x", "    ^"),
        ("a\x1b[31m: x", 8, "a\ufffd[31m: x", "       ^"),
        ("a\xa0b", 3, "a\ufffdb", "  ^"),
    ],
)
def test_the_caret_stands_under_the_column(text: str, column: int, shown: str, caret: str) -> None:
    assert lines_of(text, column) == (shown, caret)


@pytest.mark.parametrize("column", [1, 5, 60, 61, 100, 200, 300, 301])
def test_a_long_line_is_cut_around_the_column(column: int) -> None:
    text = "".join(chr(ord("a") + index % 26) for index in range(300))
    shown, caret = lines_of(text, column)
    assert len(shown) <= 122
    at = len(caret) - 1
    expected = text[column - 1] if column <= 300 else None
    assert (shown[at] if at < len(shown) else None) == expected
    assert shown.startswith("…") == (column > 61)


def test_without_a_line_and_without_a_place() -> None:
    assert str(Problem("wrong", Place("c.yaml", 7, 2), "mend it\nsoon")) == "c.yaml:7:2: error: wrong\n  mend it\n  soon"
    assert str(Problem("wrong")) == "error: wrong"


def test_all_problems_of_an_error_are_shown() -> None:
    assert str(ConfigError([Problem("one"), Problem("two")])) == "error: one\nerror: two"
