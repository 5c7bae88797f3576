"""Mean and deviation against numpy's own."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from netcli.datasets import statistics
from netcli.datasets.statistics import mean_and_deviation

AXES = {
    "image": {"all": (0, 1, 2, 3), "channel": (0, 2, 3), "feature": (0,)},
    "vector": {"all": (0, 1), "feature": (0,)},
}
SHAPES = {"image": (37, 3, 5, 4), "vector": (37, 6)}


@pytest.mark.parametrize("kind", ["uint8", "float32"])
@pytest.mark.parametrize(("form", "granularity"), [(form, name) for form, names in AXES.items() for name in names])
@pytest.mark.parametrize("chunk", [1, 100, 1 << 20])
def test_against_numpy(form: str, granularity: str, kind: str, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "_CHUNK", chunk)
    generator = np.random.default_rng(0)
    values = generator.integers(0, 256, SHAPES[form]) if kind == "uint8" else 1000 + generator.standard_normal(SHAPES[form])
    inputs = values.astype(kind)
    mean, deviation = mean_and_deviation(inputs, granularity)
    axes = AXES[form][granularity]
    np.testing.assert_allclose(mean, inputs.astype(np.float64).mean(axes, keepdims=True)[0], rtol=1e-14)
    np.testing.assert_allclose(deviation, inputs.astype(np.float64).std(axes, keepdims=True)[0], rtol=1e-13)
    assert mean.dtype == deviation.dtype == np.float64


@pytest.mark.parametrize("value", [0.0, 0.1, 1e-30, 3e38, -123456.7])
def test_a_constant_has_no_deviation_at_all(value: float) -> None:
    inputs = np.full((1001, 2), value, dtype=np.float32)
    inputs[:, 1] = np.arange(1001)
    mean, deviation = mean_and_deviation(inputs, "feature")
    assert (mean[0], deviation[0]) == (np.float64(np.float32(value)), 0.0)
    assert deviation[1] > 0


def test_a_small_spread_far_from_zero_is_not_lost() -> None:
    inputs = np.float32(16_000_000) + np.arange(8, dtype=np.float32)[:, None]
    mean, deviation = mean_and_deviation(inputs, "feature")
    assert (mean[0], deviation[0]) == (16_000_003.5, pytest.approx(np.sqrt(63 / 12), rel=1e-15))


def test_memory_does_not_grow_with_the_data() -> None:
    inputs = np.zeros((40_000, 1, 28, 28), dtype=np.uint8)  # 31 MB; 251 MB as float64
    tracemalloc.start()
    try:
        mean_and_deviation(inputs, "channel")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 40e6
