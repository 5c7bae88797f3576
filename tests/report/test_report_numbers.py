"""Numbers as a person reads them."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcli import numbers

CASES: list[tuple[Callable[[float], str], float, str]] = [
    (numbers.flops, 0, "0 FLOP"),
    (numbers.flops, 850, "850 FLOP"),
    (numbers.flops, 12_345_678, "12.3 MFLOP"),
    (numbers.flops, 999_999, "1.00 MFLOP"),
    (numbers.flops, 3.5e12, "3.50 TFLOP"),
    (numbers.size, 512, "512 B"),
    (numbers.size, 1536, "1.50 KiB"),
    (numbers.size, 200 * 2**20, "200 MiB"),
    (numbers.seconds, 0.0853, "85 ms"),
    (numbers.seconds, 0.9999, "1.0 s"),
    (numbers.seconds, 12.34, "12.3 s"),
    (numbers.seconds, 59.97, "1m 00s"),
    (numbers.seconds, 125, "2m 05s"),
    (numbers.seconds, 3599.7, "1h 00m"),
    (numbers.seconds, 3725, "1h 02m"),
    (numbers.seconds, 86400 * 3 + 3600 * 4, "3d 04h"),
    (numbers.seconds, nan, "NaN"),
    (numbers.countdown, 0.2, "1 s"),
    (numbers.countdown, 125, "2m 05s"),
    (numbers.rate, 12345.6, "12,346/s"),
    (numbers.rate, 7.25, "7.2/s"),
    (numbers.rate, inf, "inf/s"),
    (numbers.significant, 0.123456, "0.1235"),
    (numbers.significant, 0.0012345, "0.001234"),
    (numbers.significant, 12.3456, "12.35"),
    (numbers.significant, 12345.6, "12346"),
    (numbers.significant, 1.23456e-5, "1.235e-05"),
    (numbers.significant, 9.87654e8, "9.877e+08"),
    (numbers.significant, 0, "0"),
    (numbers.significant, -0.5, "-0.5000"),
    (numbers.significant, nan, "NaN"),
    (numbers.significant, -inf, "-inf"),
    (numbers.scientific, 0.0012, "1.2e-03"),
    (numbers.scientific, 0, "0"),
    (numbers.scientific, inf, "inf"),
    (numbers.percent, 0.98333, "98.33 %"),
    (numbers.percent, nan, "NaN"),
    (numbers.whole_percent, 0, "0 %"),
    (numbers.whole_percent, 0.004, "<1 %"),
    (numbers.whole_percent, 0.999, "99 %"),
    (numbers.whole_percent, 1, "100 %"),
    (numbers.learning_rate, 0.05, "0.05"),
    (numbers.learning_rate, 0.00012345, "0.000123"),
    (numbers.learning_rate, 1e-5, "1e-05"),
]


@pytest.mark.parametrize(("form", "value", "shown"), CASES)
def test_numbers_read_well(form: Callable[[float], str], value: float, shown: str) -> None:
    assert form(value) == shown


@given(st.floats(1e-4, 1e5, exclude_min=True, exclude_max=True))
def test_significant_keeps_four_digits(x: float) -> None:
    assert float(numbers.significant(x)) == pytest.approx(x, rel=5.1e-4)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_every_number_has_a_form(x: float) -> None:
    for form in (numbers.significant, numbers.scientific, numbers.percent, numbers.whole_percent, numbers.learning_rate):
        assert form(x)


def test_counts_shapes_and_metrics() -> None:
    assert numbers.count(1234567) == "1,234,567"
    assert numbers.shape((16, 8, 8)) == "16×8×8"
    assert numbers.shape(()) == "scalar"
    assert numbers.metric("accuracy", 0.875) == "87.50 %"
    assert numbers.metric("loss", 0.875) == "0.8750"
