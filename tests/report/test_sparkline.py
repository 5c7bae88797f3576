"""Sparklines: scale, zeros, values that are not finite."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcli.report.sparkline import sparkline
from netcli.report.text import printable


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([], ""),
        ([10.0**k for k in range(8)], "▁▂▃▄▅▆▇█"),
        ([10.0**-k for k in range(8)], "█▇▆▅▄▃▂▁"),
        ([3.0], "▅"),
        ([1.0, 1.02, 0.98], "▅▅▄"),  # a few percent stay flat
        ([1.0, 10.0], "▁█"),
        ([0.0, 1.0, nan, 10.0, inf], "_▁!█!"),
        ([0.0, 0.0], "__"),
        ([nan], "!"),
        ([-1.0, 10.0], "▁█"),
        ([1e-300, 1e300], "▁█"),
    ],
)
def test_sparkline(values: list[float], shown: str) -> None:
    assert sparkline(values) == shown


def test_only_the_last_values_are_shown_and_set_the_scale() -> None:
    assert sparkline([1e9, 1.0, 10.0], width=2) == "▁█"
    assert sparkline([1.0, 2.0], width=0) == ""


def test_ascii_form() -> None:
    assert printable(sparkline([10.0**k for k in range(8)] + [0.0, nan]), "ascii") == ".:-=+*#@_!"


@given(st.lists(st.floats(), max_size=40), st.integers(0, 20))
def test_one_character_a_value(values: list[float], width: int) -> None:
    assert len(sparkline(values, width)) == min(len(values), width)
