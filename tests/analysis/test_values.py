"""The values of all nodes for one batch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.runs import config_of

from netcli.analysis.values import first_batch, values_of
from netcli.config.load import load
from netcli.executors import EXECUTORS, executor
from netcli.training.session import prepare


@pytest.mark.parametrize("name", EXECUTORS)
def test_values_are_those_of_a_step(name: str, tmp_path: Path) -> None:
    session = prepare(load(config_of(tmp_path), [f"executor={name}"]))
    graph, state, feeds = session.step, session.initial_state(), first_batch(session)
    before = state.copy()
    values = values_of(graph, state, feeds, executor(name))
    assert set(values) == set(graph.nodes)
    for label, value in state.values.items():
        np.testing.assert_array_equal(value, before.values[label])
    outputs = session.executor.compile(graph).run(before, feeds)
    for output, node in graph.outputs.items():
        np.testing.assert_allclose(values[node], outputs[output], rtol=1e-5, atol=1e-6)
    for target, node in graph.updates.items():
        np.testing.assert_allclose(values[node], before.values[target.op.label], rtol=1e-5, atol=1e-6)


def test_the_first_batch_is_that_of_training(tmp_path: Path) -> None:
    session = prepare(load(config_of(tmp_path), []))
    indices = session.batches(0)[0]
    np.testing.assert_array_equal(first_batch(session)["input"], session.data.train.inputs[indices])
    np.testing.assert_array_equal(first_batch(session, 3)["target"], session.data.train.targets[indices[:3]])
    assert len(first_batch(session, 10**6)["input"]) == len(indices)
