"""The words of the diagnosis, case by case, on made-up parameters."""

from __future__ import annotations

from math import inf, nan

import pytest
from support.report_samples import parameter

from netcli.analysis.diagnosis import word, words
from netcli.report.gradients import diagnoses, diagnosis_lines
from netcli.report.text import line_text, line_width
from netcli.runs.metrics import ParameterRow

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
    ("nine tenths of a bias's units are off", parameter("d/bias", (100,), zero_share=0.9), "dead"),
    ("most of a bias's units are off", parameter("d/bias", (100,), zero_share=0.89), None),
    ("a bias of one unit is off in most steps", parameter("d/bias", (1,), zero_share=0.95), None),
    ("weights of pixels that are always black", parameter(zero_share=0.95), None),
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


def said(*rows: ParameterRow) -> list[str]:
    """The sentences about a model."""
    return [found.text for found in diagnoses(rows)]


HEALTHY = parameter("last/weight")
DEAD = {"norm": 0.0, "zero_share": 1.0}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (parameter("a/weight", norm=2.5e-6), "gradients vanish in a, line 8: per weight 2.5e-06 of last's"),
        (parameter("a/weight", norm=2.5e-6, line=None), "gradients vanish in a: per weight 2.5e-06 of last's"),
        (
            parameter("a/weight", update_ratio=5e-7),
            "gradients vanish in a, line 8: a step changes 5.0e-07 of weight, 1.0e-03 of last's",
        ),
        (parameter("a/weight", update_ratio=0.25), "gradients explode in a, line 8: a step changes 25 % of weight"),
        (parameter("a/weight", norm=inf), "gradients explode in a, line 8: the norm of weight's gradient is infinite"),
        (parameter("a/weight", weight_norm=inf), "gradients explode in a, line 8: the norm of weight's weights is infinite"),
        (
            parameter("a/weight", norm=2500.0, history=(*STEADY, 2500.0)),
            "gradients explode in a, line 8: the norm of weight's is 2.5e+03, 2,500 times its median before",
        ),
        (parameter("a/bias", (10,), **DEAD), "gradients die in a, line 8: every element of bias's is 0"),
        (parameter("a/bias", (100,), zero_share=0.97), "gradients die in a, line 8: 97 % of bias's is 0"),
        (parameter("a/weight", norm=nan), "gradients are no numbers in a, line 8: the norm of weight's gradient is NaN"),
    ],
)
def test_the_sentence_has_layer_line_and_evidence(row: ParameterRow, expected: str) -> None:
    assert said(row, HEALTHY) == [expected]


def test_a_healthy_model_has_no_sentence() -> None:
    assert said(HEALTHY, parameter("a/bias", (10,))) == []


def test_the_worst_is_named_and_the_others_counted() -> None:
    rows = [parameter(f"d{number}/weight", norm=norm) for number, norm in enumerate((1e-4, 1e-6, 1e-5))]
    assert said(*rows, HEALTHY) == ["gradients vanish in d1, line 8: per weight 1.0e-06 of last's; 2 more parameters vanishing"]


def test_gradients_die_where_the_bias_has_none_not_where_zeros_are_read() -> None:
    """Units of d2 are off: nothing reaches d1, and the weights of d3 read zeros, but not its bias."""
    dead = [
        parameter(f"d{number}/{name}", shape, **DEAD)
        for number in (1, 2)
        for name, shape in (("weight", (9, 9)), ("bias", (9,)))
    ]
    behind = [parameter("d3/weight", **DEAD), parameter("d3/bias", (9,))]
    assert said(*dead, *behind) == ["gradients die in d2, line 8: every element of bias's is 0; 4 more parameters dead"]


def test_gradients_die_in_a_normalisation_without_a_bias_before_it() -> None:
    rows = [
        parameter("conv1/weight", **DEAD),
        parameter("norm1/scale", (9,), **DEAD),
        parameter("norm1/shift", (9,), **DEAD),
        parameter("conv2/weight", **DEAD),  # reads zeros
        parameter("norm2/scale", (9,), **DEAD),
        parameter("norm2/shift", (9,)),
    ]
    assert said(*rows)[0].startswith("gradients die in norm1, ")


def test_one_sentence_for_each_word_the_worst_first() -> None:
    rows = [
        parameter("a/weight", norm=1e-6),
        parameter("b/bias", (10,), **DEAD),
        parameter("c/weight", update_ratio=0.5),
        HEALTHY,
    ]
    assert [text.split(",")[0] for text in said(*rows)] == [
        "gradients explode in c",
        "gradients die in b",
        "gradients vanish in a",
    ]


def test_the_same_trouble_in_other_numbers_is_the_same_diagnosis() -> None:
    def found(*rows: ParameterRow) -> object:
        return diagnoses([*rows, HEALTHY])

    assert found(parameter("a/weight", norm=1e-6)) == found(parameter("a/weight", norm=2e-6))
    assert found(parameter("a/weight", norm=1e-6)) != found(parameter("b/weight", norm=1e-6))


def test_a_narrow_terminal_gets_lines_that_fit() -> None:
    found = diagnoses([parameter("a_layer_with_a_long_name/weight", norm=1e-6), parameter("b/weight", norm=1e-6), HEALTHY])
    for width in (40, 80):
        lines = diagnosis_lines(found, width)
        assert max(map(line_width, lines)) <= width
        assert " ".join(line_text(line).strip() for line in lines) == found[0].text
    assert len(diagnosis_lines(found, None)) == 1
