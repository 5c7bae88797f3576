"""Batch normalisation: its formula, its running statistics, and that evaluation uses them."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import first_state, model_of, values_of
from support.training import rule_of, trained

from netcli.executors import State
from netcli.graph import Array
from netcli.layers.stack import Model, Network

SHAPES = [(3, 4, 5), (3,)]


def network(settings: str, shape: tuple[int, ...]) -> Model:
    return model_of(f"[batchnorm: {{{settings}}}, flatten, dense: 1, mse]", shape, target=(1,))


def over(x: Array) -> tuple[int, ...]:
    """All axes but the channels'."""
    return (0, 2, 3) if x.ndim == 4 else (0,)


def normalised(network: Network, state: State, x: Array) -> Array:
    values = values_of({"y": network.layers[0][1]}, state, {"input": x, "target": np.zeros((len(x), 1))})
    return values["y"]


def batch(shape: tuple[int, ...], n: int = 8, seed: int = 0) -> Array:
    generator = np.random.default_rng(seed)
    return generator.normal(generator.normal(0, 4, (shape[0], *(1,) * (len(shape) - 1))), 3.0, (n, *shape))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_training_normalises_by_the_batch(shape: tuple[int, ...]) -> None:
    model, x = network("epsilon: 0.25", shape), batch(shape)
    mean = x.mean(over(x), keepdims=True)
    variance = ((x - mean) ** 2).mean(over(x), keepdims=True)
    y = normalised(model.training, first_state(model), x)
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(variance + 0.25), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_scale_and_shift(shape: tuple[int, ...]) -> None:
    model, x = network("epsilon: 1e-5", shape), batch(shape)
    state = first_state(model)
    plain = normalised(model.training, state, x)
    state.values["batchnorm1/scale"][...] = [2.0, -1.0, 0.5]
    state.values["batchnorm1/shift"][...] = [0.0, 3.0, -7.0]
    trailing = (3, *(1,) * (len(shape) - 1))
    expected = plain * np.reshape([2.0, -1.0, 0.5], trailing) + np.reshape([0.0, 3.0, -7.0], trailing)
    np.testing.assert_allclose(normalised(model.training, state, x), expected, rtol=1e-12)
    assert not {"batchnorm1/scale", "batchnorm1/shift"} & network("scale: false, shift: false", shape).variables.keys()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_running_statistics(shape: tuple[int, ...]) -> None:
    """running ← (1 - momentum) · running + momentum · batch, from mean 0 and variance 1, the variance divided by n."""
    model = network("momentum: 0.3", shape)
    data = [batch(shape, n, seed) for seed, n in enumerate((8, 8, 3))]
    steps = trained(model, rule_of("sgd: 0.01"), [{"input": x, "target": np.ones((len(x), 1))} for x in data])
    mean, variance = np.zeros(3), np.ones(3)
    for x, (_, state) in zip(data, steps, strict=True):
        mean = 0.7 * mean + 0.3 * x.mean(over(x))
        variance = 0.7 * variance + 0.3 * x.var(over(x))
        np.testing.assert_allclose(state.values["batchnorm1/running_mean"], mean, rtol=1e-12)
        np.testing.assert_allclose(state.values["batchnorm1/running_variance"], variance, rtol=1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_evaluation_uses_the_running_statistics(shape: tuple[int, ...]) -> None:
    model, x = network("epsilon: 0.1", shape), batch(shape)
    state = first_state(model)
    state.values["batchnorm1/running_mean"][...] = [1.0, -2.0, 5.0]
    state.values["batchnorm1/running_variance"][...] = [4.0, 0.5, 9.0]
    trailing = (3, *(1,) * (len(shape) - 1))
    expected = (x - np.reshape([1.0, -2.0, 5.0], trailing)) / np.sqrt(np.reshape([4.0, 0.5, 9.0], trailing) + 0.1)
    np.testing.assert_allclose(normalised(model.evaluation, state, x), expected, rtol=1e-12)
    one_by_one = np.concatenate([normalised(model.evaluation, state, x[i : i + 1]) for i in range(len(x))])
    np.testing.assert_array_equal(one_by_one, normalised(model.evaluation, state, x))


def test_evaluation_changes_nothing() -> None:
    model = network("momentum: 0.3", (3,))
    assert not model.evaluation.updates
    assert {node.op.label for node in model.training.updates} == {"batchnorm1/running_mean", "batchnorm1/running_variance"}


def test_running_statistics_are_not_trained() -> None:
    assert {node.op.label for node in network("", (3,)).parameters} == {
        "batchnorm1/scale",
        "batchnorm1/shift",
        "dense1/weight",
        "dense1/bias",
    }


def test_batch_of_one_and_constant_features_are_finite() -> None:
    model = network("", (3,))
    rows = [{"input": np.array([[5.0, 0.0, -2.0]]), "target": np.zeros((1, 1))}]
    ((outputs, state),) = trained(model, rule_of("sgd: 0.01"), rows)
    assert all(np.isfinite(value).all() for value in outputs.values())
    assert all(np.isfinite(value).all() for value in state.values.values())
    assert not normalised(model.training, first_state(model), rows[0]["input"]).any()
