"""The words of the diagnosis, case by case, on made-up parameters."""

from __future__ import annotations

from math import inf, nan

import pytest
from report_samples import parameter

from netcli.report.diagnosis import word, words
from netcli.report.records import ParameterRow

STEADY = (1.0, 1.1, 0.9, 1.0)

CASES: list[tuple[str, ParameterRow, str | None]] = [
    ("healthy", parameter(), None),
    ("gradient is not a number", parameter(norm=nan), "NaN"),
    ("weights are not numbers", parameter(weight_norm=nan), "NaN"),
    ("gradient overflowed", parameter(norm=inf), "exploding"),
    ("101 times its median", parameter(norm=101.0, history=(*STEADY, 101.0)), "exploding"),
    ("90 times its median", parameter(norm=90.0, history=(*STEADY, 90.0)), None),
    ("too few epochs to judge", parameter(norm=500.0, history=(1.0, 1.0, 500.0)), None),
    ("a past NaN does not count", parameter(norm=1.0, history=(1.0, nan, nan, nan, 1.0)), None),
    ("grew from nothing", parameter(norm=1.0, history=(0.0, 0.0, 0.0, 1.0)), None),
    ("a step changes a fifth of the weights", parameter(update_ratio=0.2), "exploding"),
    ("a bias that starts at zero may jump", parameter("d/bias", (10,), update_ratio=0.9), None),
    ("weights that are all zero", parameter(update_ratio=inf), None),
    ("no gradient anywhere", parameter(norm=0.0, zero_share=1.0), "dead"),
    ("a dead bias", parameter("d/bias", (10,), norm=0.0, zero_share=1.0), "dead"),
    ("half of the units are off", parameter(zero_share=0.5), None),
    ("a two-thousandth per weight of the strongest", parameter(norm=0.0005), "vanishing"),
    ("a five-hundredth per weight", parameter(norm=0.002), None),
    ("large norm, but of many more weights", parameter(shape=(30000, 10000), norm=0.1), "vanishing"),
    ("weights do not move while others do", parameter(update_ratio=5e-7), "vanishing"),
    ("a small bias gradient", parameter("d/bias", (10,), norm=1e-9), None),
]


@pytest.mark.parametrize(("row", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_word_beside_a_healthy_layer(row: ParameterRow, expected: str | None) -> None:
    assert word(row, [parameter("other/weight")]) == expected


def test_a_small_learning_rate_is_not_a_vanishing_gradient() -> None:
    rows = [parameter("a/weight", update_ratio=1e-8), parameter("b/weight", update_ratio=2e-8)]
    assert words(rows) == [None, None]


def test_an_exploding_layer_does_not_make_the_others_vanish() -> None:
    exploding = parameter("b/weight", norm=1e6, history=(*STEADY, 1e6))
    assert words([parameter("a/weight"), exploding]) == [None, "exploding"]


def test_a_model_with_one_parameter_has_nothing_to_compare_with() -> None:
    assert word(parameter(norm=1e-9), []) is None
