"""Statistics of values, against formulas written another way."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from support.runs import config_of

from netcli.analysis.inspect.value_statistics import flow_of, statistics_of, update_ratio
from netcli.analysis.inspect.views import view_of
from netcli.analysis.values import first_batch
from netcli.config.load import load
from netcli.executors import EXECUTORS, executor
from netcli.graph import Array
from netcli.training.session import prepare

FLOATS = arrays(np.float32, array_shapes(max_dims=3, max_side=6), elements=st.floats(width=32, allow_subnormal=False))


@given(FLOATS)
def test_statistics_are_those_of_the_elements(value: Array) -> None:
    found = statistics_of(value)
    numbers = [float(x) for x in value.ravel()]
    finite = [x for x in numbers if math.isfinite(x)]
    assert found.elements == len(numbers)
    assert found.zeros * len(numbers) == pytest.approx(numbers.count(0.0))
    assert (found.nans, found.infinities) == (sum(map(math.isnan, numbers)), sum(map(math.isinf, numbers)))
    assert (found.smallest, found.largest) == (min(finite, default=None), max(finite, default=None))
    assert sum(found.histogram) == len(finite)
    assert found.is_finite == (len(finite) == len(numbers))
    if found.is_finite:
        size = max(map(abs, finite))
        assert found.norm == pytest.approx(math.hypot(*finite), rel=1e-12)
        assert found.mean == pytest.approx(math.fsum(finite) / len(finite), rel=1e-9, abs=1e-12 * size)
        assert found.root_mean_square == pytest.approx(math.hypot(*finite) / math.sqrt(len(finite)), rel=1e-12)
    else:
        assert not math.isfinite(found.norm) and not math.isfinite(found.mean)
    json.dumps(found.as_json(), allow_nan=False)


def test_bins_are_of_equal_width() -> None:
    value = np.arange(48) / 47
    assert statistics_of(value).histogram == (2,) * 24
    spike = np.array([0.0] * 9 + [1.0])
    assert statistics_of(spike).histogram == (9, *(0,) * 22, 1)
    assert statistics_of(np.full((3, 2), 7.0)).histogram == (6,)
    assert statistics_of(np.array([np.nan, np.inf])).histogram == ()


def test_neither_integers_nor_extremes_overflow() -> None:
    pixels = np.full(1000, 255, np.uint8)
    assert statistics_of(pixels).norm == pytest.approx(255 * math.sqrt(1000))
    assert statistics_of(np.array([1e300, -1e300])).norm == pytest.approx(math.sqrt(2) * 1e300)
    assert sum(statistics_of(np.array([1.7e308, -1.7e308])).histogram) == 2


def test_update_ratios() -> None:
    assert update_ratio(1.0, 4.0) == 0.25
    assert update_ratio(1.0, 0.0) == math.inf
    assert update_ratio(0.0, 0.0) == 0.0


@pytest.mark.parametrize("name", EXECUTORS)
def test_the_flow_of_a_step(name: str, tmp_path: Path) -> None:
    session = prepare(load(config_of(tmp_path), [f"executor={name}"]))
    graph = view_of(session.model, session.step, "step")
    state, feeds = session.initial_state(), first_batch(session)
    flow = flow_of(graph, state, feeds, session.executor)
    assert set(flow.statistics) == set(graph.nodes)
    assert flow.examples == len(feeds["input"])
    outputs = session.executor.compile(graph).run(state, feeds)  # this one changes the state
    assert set(flow.update_ratios) == set(session.model.parameters)
    for parameter, ratio in flow.update_ratios.items():
        label = parameter.op.label  # type: ignore[attr-defined]
        gradient = flow.statistics[graph.outputs[f"gradients/{label}"]]
        assert gradient.norm == pytest.approx(float(outputs[f"grad_norm/{label}"]), rel=1e-4)
        weight = float(outputs[f"weight_norm/{label}"])
        expected = update_ratio(float(outputs[f"update_norm/{label}"]), weight)
        assert ratio == pytest.approx(expected, rel=1e-4)


def test_a_graph_without_updates_has_no_ratios(tmp_path: Path) -> None:
    session = prepare(load(config_of(tmp_path), []))
    graph = view_of(session.model, session.step, "backward")
    flow = flow_of(graph, session.initial_state(), first_batch(session, 3), executor("numpy"))
    assert (flow.examples, dict(flow.update_ratios)) == (3, {})
