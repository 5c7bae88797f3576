"""Tables as plain text, against tables drawn by hand."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcli.report.table import Column, Table, plain
from netcli.report.text import Styled, width_of

TABLE = Table(
    "gradients",
    (Column("parameter", shrink=True), Column("shape", drop=1), Column("norm", "right"), Column("")),
    (
        ("conv1_of_block1/weight", "16×1×3×3", "1.0e-03", Styled("vanishing", "warn")),
        ("conv1_of_block1/bias", "16", Styled("0", "bad"), ""),
    ),
    caption="2 of 4 parameters",
    footer=("total", "", "1.0e-03", ""),
)


def drawn(text: str) -> str:
    """The table as it stands in the test, without its indentation."""
    return inspect.cleandoc(text)


def test_plain_table() -> None:
    assert plain(TABLE) == drawn("""
        gradients
        parameter               shape        norm
        ────────────────────────────────────────────────────
        conv1_of_block1/weight  16×1×3×3  1.0e-03  vanishing
        conv1_of_block1/bias    16              0
        ────────────────────────────────────────────────────
        total                             1.0e-03
        2 of 4 parameters""")


def test_columns_are_dropped_and_then_names_are_cut_in_the_middle() -> None:
    assert plain(TABLE, 36) == drawn("""
        gradients
        parameter            norm
        ────────────────────────────────────
        conv1_of…/weight  1.0e-03  vanishing
        conv1_of…k1/bias        0
        ────────────────────────────────────
        total             1.0e-03
        2 of 4 parameters""")


def test_ascii_table() -> None:
    assert plain(TABLE, 52, "ascii") == drawn("""
        gradients
        parameter               shape        norm
        ----------------------------------------------------
        conv1_of_block1/weight  16x1x3x3  1.0e-03  vanishing
        conv1_of_block1/bias    16              0
        ----------------------------------------------------
        total                             1.0e-03
        2 of 4 parameters""")
    assert "conv1_o..k1/bias " in plain(TABLE, 36, "ascii")


def test_wide_characters_keep_columns_aligned() -> None:
    table = Table(None, (Column("class"), Column("n", "right")), (("日本", "1"), ("ab", "12")))
    assert plain(table).splitlines()[-2:] == ["日本    1", "ab     12"]


def test_a_row_has_a_cell_for_each_column() -> None:
    with pytest.raises(AssertionError, match="1 cells for 2 columns"):
        Table(None, (Column("a"), Column("b")), (("only one",),))


WORDS = st.text(st.sampled_from("abc 日é"), max_size=30)


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=5), st.integers(20, 90), st.sampled_from(["utf-8", "ascii"]))
def test_a_table_that_can_shrink_keeps_to_the_width(rows: list[tuple[str, ...]], width: int, encoding: str) -> None:
    columns = (Column("name", shrink=True), Column("other", drop=2), Column("n", "right", drop=1))
    for line in plain(Table("title", columns, tuple(rows), "a caption " * 5), width, encoding).splitlines():
        assert width_of(line) <= width
