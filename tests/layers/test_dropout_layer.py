"""Dropout: what is dropped, what is left, and when the choice is another one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.networks import first_state, model_of, value_of

from netcli.executors import State
from netcli.graph import Array, Graph, Node
from netcli.layers.stack import Model
from netcli.ops.random_uniform import RandomUniform

N, FEATURES = 64, 500


def network(text: str = "dropout: 0.3", **options: object) -> Model:
    return model_of(f"[{text}, mse]", (FEATURES,), target=(FEATURES,), **options)  # type: ignore[arg-type]


def seen(node: Node, state: State, x: Array) -> Array:
    return value_of(node, state, {"input": x, "target": np.zeros_like(x)})


def kept(model: Model, *, layer: int = 0, seed: int = 0, step: int = 0, n: int = N) -> Array:
    """Which values of a batch of ones a dropout layer lets through."""
    state = first_state(model, seed)
    state.values["step"][...] = step
    return seen(model.training.layers[layer][1], state, np.ones((n, FEATURES))) != 0


@pytest.mark.parametrize("text", ["dropout: 0.3", "dropout", "dropout: {rate: 0.9}"])
def test_evaluation_is_the_identity(text: str) -> None:
    model, x = network(text), np.random.default_rng(0).normal(size=(5, FEATURES))
    np.testing.assert_array_equal(seen(model.evaluation.layers[0][1], first_state(model), x), x)
    assert not any(isinstance(node.op, RandomUniform) for node in Graph(model.evaluation.outputs).nodes)


@pytest.mark.parametrize(("text", "rate"), [("dropout", 0.5), ("dropout: 0.1", 0.1), ("dropout: 0.8", 0.8)])
def test_share_that_is_dropped(text: str, rate: float) -> None:
    """A binomial share: within four deviations of the rate, all together and position by position."""
    through = kept(network(text))
    assert 1 - through.mean() == pytest.approx(rate, abs=4 * math.sqrt(rate * (1 - rate) / through.size))
    spread = math.sqrt(rate * (1 - rate) / N)
    assert abs(1 - through.mean(axis=0) - rate).max() < 5 * spread
    assert (1 - through.mean(axis=0)).std() == pytest.approx(spread, rel=0.15)


def test_what_is_left_is_scaled() -> None:
    model, x = network("dropout: 0.2"), np.random.default_rng(0).normal(size=(N, FEATURES))
    state = first_state(model)
    y = seen(model.training.layers[0][1], state, x)
    np.testing.assert_allclose(y, np.where(y == 0, 0.0, x / 0.8), rtol=1e-15)
    assert 0 < (y == 0).mean() < 1


def test_rate_0_drops_nothing() -> None:
    assert kept(network("dropout: 0.0")).all()


def test_every_step_chooses_anew_and_the_same_step_the_same() -> None:
    model = network()
    np.testing.assert_array_equal(kept(model, step=7), kept(model, step=7))
    for step in (8, 1000):
        assert (kept(model, step=7) != kept(model, step=step)).mean() == pytest.approx(2 * 0.3 * 0.7, abs=0.02)


def test_another_seed_chooses_otherwise() -> None:
    model = network()
    assert (kept(model, seed=1) != kept(model, seed=2)).mean() == pytest.approx(2 * 0.3 * 0.7, abs=0.02)


def test_two_dropouts_choose_for_themselves() -> None:
    model = network("dropout: 0.3, {layernorm: {scale: false, shift: false}}, dropout: 0.3")
    both = np.ones((N, FEATURES))
    state = first_state(model)
    first = seen(model.training.layers[0][1], state, both) != 0
    second = seen(model.training.layers[2][1], state, both) != 0
    assert (first != second).mean() == pytest.approx(2 * 0.3 * 0.7, abs=0.02)


def test_examples_and_positions_differ() -> None:
    through = kept(network())
    assert len({row.tobytes() for row in through}) == N
    assert len({column.tobytes() for column in through.T}) == FEATURES


def test_a_smaller_batch_is_the_beginning_of_a_larger_one() -> None:
    """The choice is a function of seed, step, example and position, whatever the size of the batch."""
    model = network()
    np.testing.assert_array_equal(kept(model, n=5), kept(model)[:5])


def test_float32_and_float64_drop_the_same() -> None:
    double, single = network(), network(dtype="float32")
    state = first_state(single)
    x = np.ones((N, FEATURES), "float32")
    np.testing.assert_array_equal(seen(single.training.layers[0][1], state, x) != 0, kept(double))


def test_an_infinity_that_is_dropped_is_0() -> None:
    model, x = network(), np.full((N, FEATURES), np.inf)
    y = seen(model.training.layers[0][1], first_state(model), x)
    assert set(np.unique(y)) == {0.0, np.inf}
