"""Widths, cutting and encodings of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcli.report.text import Styled, clip, line_text, printable, width_of


@pytest.mark.parametrize(("text", "width"), [("conv1", 5), ("日本", 4), ("e\u0301", 1), ("", 0), ("▁▂", 2)])
def test_width_counts_terminal_columns(text: str, width: int) -> None:
    assert width_of(text) == width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [("conv1/weight", 12, "conv1/weight"), ("conv1/weight", 9, "conv…ight"), ("conv1", 1, "…"), ("日本語日本", 6, "日…本")],
)
def test_clip_cuts_the_middle(text: str, width: int, shown: str) -> None:
    assert clip(text, width) == shown


@given(st.text(max_size=30), st.integers(1, 20), st.sampled_from(["…", ".."]))
def test_clip_keeps_to_the_width(text: str, width: int, mark: str) -> None:
    assert width_of(clip(text, width, mark)) <= max(width, 0)


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("16×8×8 ▁█ ─", "ascii", "16x8x8 .@ -"),
        ("größe", "ascii", r"gr\xf6\xdfe"),
        ("größe", "latin-1", "größe"),
        ("16×8", "utf-8", "16×8"),
        ("\x1b[2Jname\r", "utf-8", r"\x1b[2Jname\r"),
        ("\u202egnihton", "utf-8", r"\u202egnihton"),
        ("a\tb", "utf-8", "a\tb"),
        ("file\udcff", "utf-8", r"file\udcff"),
    ],
)
def test_printable_suits_the_stream(text: str, encoding: str, shown: str) -> None:
    assert printable(text, encoding) == shown


@given(st.text())
def test_printable_can_be_written_and_moves_no_cursor(text: str) -> None:
    for encoding in ("ascii", "cp1252", "utf-8"):
        shown = printable(text, encoding)
        shown.encode(encoding)
        assert "\x1b" not in shown
        assert "\r" not in shown
        assert "\x9b" not in shown


def test_line_text_drops_blanks_at_the_end() -> None:
    assert line_text(("a ", Styled("b", "good"), "  ")) == "a b"
