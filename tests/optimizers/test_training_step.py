"""What a training step reports and how it clips, by formula."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import first_state, label, model_of
from support.training import rule_of, step_of, trained

from netcli.executors import executor
from netcli.graph import Array, Graph, verify

FEATURES, UNITS = 4, 3


def batch(n: int = 5, scale: float = 1.0) -> dict[str, Array]:
    """Random inputs, of which the second is always 0, and targets."""
    generator = np.random.default_rng(n)
    x = generator.normal(size=(n, FEATURES))
    x[:, 1] = 0.0
    return {"input": x, "target": scale * generator.normal(size=(n, UNITS))}


def linear_gradients(w: Array, b: Array, feeds: dict[str, Array]) -> tuple[Array, Array]:
    """Of the mean of (x·w + b - y)² over outputs and batch."""
    x, y = feeds["input"], feeds["target"]
    residual = 2 * (x @ w + b - y) / y.size
    return x.T @ residual, residual.sum(axis=0)


def first_step(
    rule: str = "sgd: 0.1", scale: float = 1.0, **limits: float
) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array], dict[str, Array]]:
    """Outputs of one step of a linear model, the parameters before and after it, and the gradients by formula."""
    model = model_of("[dense: 3, mse]", (FEATURES,), target=(UNITS,))
    feeds = batch(scale=scale)
    before = first_state(model).values
    ((outputs, state),) = trained(model, rule_of(rule, **limits), [feeds])
    names = ("dense1/weight", "dense1/bias")
    gradients = dict(zip(names, linear_gradients(*(before[name] for name in names), feeds), strict=True))
    return outputs, {name: before[name] for name in names}, {name: state.values[name] for name in names}, gradients


def norm(*arrays: Array) -> float:
    return float(np.sqrt(sum((array**2).sum() for array in arrays)))


def test_reported_numbers() -> None:
    outputs, before, after, gradients = first_step()
    assert outputs["lr"] == pytest.approx(0.1)
    assert outputs["grad_norm"] == pytest.approx(norm(*gradients.values()), rel=1e-12)
    for name, g in gradients.items():
        assert outputs[f"grad_norm/{name}"] == pytest.approx(norm(g), rel=1e-12)
        assert outputs[f"weight_norm/{name}"] == pytest.approx(norm(before[name]), rel=1e-12)
        assert outputs[f"update_norm/{name}"] == pytest.approx(norm(after[name] - before[name]), rel=1e-12)
    assert outputs["zero_share/dense1/weight"] == 0.25  # the row of the input that is always 0
    assert outputs["zero_share/dense1/bias"] == 0.0
    names = {"dense1/weight", "dense1/bias"}
    each = {f"{what}/{name}" for what in ("grad_norm", "weight_norm", "update_norm", "zero_share") for name in names}
    assert outputs.keys() == {"loss", "mae", "lr", "grad_norm"} | each
    assert all(value.shape == () for value in outputs.values())


def test_update_norm_is_of_what_was_added_to_the_parameter() -> None:
    outputs, before, after, _ = first_step("adam: 0.01")
    for name in before:
        assert outputs[f"update_norm/{name}"] == pytest.approx(norm(after[name] - before[name]), rel=1e-9)
        assert norm(after[name] - before[name]) > 0


def test_gradients_are_reported_before_clipping_and_used_after() -> None:
    outputs, before, after, gradients = first_step(clip_norm=0.01)
    whole = norm(*gradients.values())
    assert whole > 0.1
    assert outputs["grad_norm"] == pytest.approx(whole, rel=1e-12)
    for name, g in gradients.items():
        assert outputs[f"grad_norm/{name}"] == pytest.approx(norm(g), rel=1e-12)
        np.testing.assert_allclose(before[name] - after[name], 0.1 * g * 0.01 / whole, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("limit", [1e3, 1e9])
def test_a_norm_below_the_limit_is_left_alone(limit: float) -> None:
    _, before, after, gradients = first_step(clip_norm=limit)
    for name, g in gradients.items():
        np.testing.assert_allclose(before[name] - after[name], 0.1 * g, rtol=1e-9, atol=1e-15)


def test_clipping_by_value() -> None:
    _, before, after, gradients = first_step(clip_value=0.05)
    assert any((abs(g) > 0.05).any() for g in gradients.values())
    for name, g in gradients.items():
        np.testing.assert_allclose(before[name] - after[name], 0.1 * np.clip(g, -0.05, 0.05), rtol=1e-9, atol=1e-15)


def test_clipping_by_norm_comes_first() -> None:
    _, before, after, gradients = first_step(clip_norm=0.2, clip_value=0.05)
    whole = norm(*gradients.values())
    assert whole > 0.2
    for name, g in gradients.items():
        expected = np.clip(g * 0.2 / whole, -0.05, 0.05)
        np.testing.assert_allclose(before[name] - after[name], 0.1 * expected, rtol=1e-9, atol=1e-15)


def test_a_gradient_of_0_is_not_divided_by() -> None:
    model = model_of("[dense: {units: 3, init: zeros}, mse]", (FEATURES,), target=(UNITS,))
    feeds = {**batch(), "target": np.zeros((5, UNITS))}
    ((outputs, state),) = trained(model, rule_of("sgd: 0.1", clip_norm=1.0), [feeds])
    assert outputs["grad_norm"] == 0.0
    assert outputs["zero_share/dense1/weight"] == 1.0
    assert not state.values["dense1/weight"].any()


@pytest.mark.parametrize("limits", [{}, {"clip_norm": 1.0}, {"clip_value": 1.0}, {"clip_norm": 1.0, "clip_value": 1.0}])
def test_nan_is_not_clipped_away(limits: dict[str, float]) -> None:
    model = model_of("[dense: 3, mse]", (FEATURES,), target=(UNITS,))
    feeds = batch()
    feeds["input"][0, 0] = np.nan
    ((outputs, state),) = trained(model, rule_of("sgd: 0.1", **limits), [feeds])
    assert np.isnan(outputs["grad_norm"])
    assert np.isnan(state.values["dense1/weight"]).any()


def test_a_step_with_a_guard_that_is_not_finite_changes_nothing() -> None:
    model = model_of("[batchnorm, dense: 3, mse]", (FEATURES,), target=(UNITS,))
    graph = step_of(model, rule_of("adam"))
    state = first_state(model, 0, graph)
    before, feeds = state.copy().values, batch()
    feeds["input"][0, 0] = np.inf
    executor("numpy").compile(graph, guards=("loss", "grad_norm")).run(state, feeds)
    for name, value in before.items():
        np.testing.assert_array_equal(state.values[name], value, err_msg=name)


def test_everything_is_computed_from_the_old_state() -> None:
    """The loss that a step reports is that of the weights before it, and each parameter's gradient too."""
    model = model_of("[dense: 4, tanh, dense: 3, mse]", (FEATURES,), target=(UNITS,))
    (first, state), (second, _) = trained(model, rule_of("sgd: 0.5"), [batch(), batch()])
    state.values["step"][...] = 0
    ((again, _),) = trained(model, rule_of("sgd: 0.5"), [batch()], state)
    np.testing.assert_array_equal(again["loss"], second["loss"])
    assert second["loss"] < first["loss"]


def test_updates_are_of_parameters_slots_statistics_and_counter() -> None:
    model = model_of("[dense: 3, batchnorm, dropout: 0.5, mse]", (FEATURES,), target=(UNITS,), dtype="float32")
    graph = step_of(model, rule_of("sgd: {momentum: 0.5}"))
    verify(graph)
    parameters = {label(node) for node in model.parameters}
    assert {label(node) for node in graph.updates} == {
        *parameters,
        *(f"sgd/momentum/{name}" for name in parameters),
        "batchnorm1/running_mean", "batchnorm1/running_variance", "step",
    }  # fmt: skip
    assert {label(node) for node in graph.variables} - {label(node) for node in graph.updates} == {
        "seed", "input/mean", "input/deviation",
    }  # fmt: skip


def test_phases_and_layers_of_nodes() -> None:
    model = model_of("[dense: {units: 3, name: mine}, mse]", (FEATURES,), target=(UNITS,))
    graph = step_of(model, rule_of("adam"))
    phases = {node.origin.phase for node in graph.nodes}
    assert phases == {"forward", "backward", "update"}
    new = graph.updates[model.variables["mine/weight"]]
    assert (new.origin.phase, new.origin.layer) == ("update", "mine")
    assert isinstance(graph, Graph)
