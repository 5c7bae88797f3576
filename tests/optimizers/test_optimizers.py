"""Optimizers: they reach a minimum, keep their state under stated names, and follow their formulae in float32 too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pydantic import ValidationError
from support.cases import OPTIMIZER_CASES
from support.networks import label
from support.training import optimizer_of, rule_of

from netcli.executors import executor, initial_state
from netcli.graph import Array, DType, Graph, Node, constant, variable
from netcli.ops import sum_over
from netcli.optimizers.optimizer import OPTIMIZERS
from netcli.optimizers.step import Rule, training_step

Step = Callable[[Array, Array], Array]
#: Of a quadratic, and where it is least.
CURVATURES = np.array([0.5, 1.0, 2.0, 5.0])
MINIMUM = np.array([3.0, -1.0, 0.0, 0.25])


def quadratic(rule: Rule, dtype: DType = "float64") -> tuple[Graph, Node]:
    """The step that minimises Σ c/2 · (w - m)², from w = 1; its gradient is c · (w - m). And the parameter, `w`."""
    w = variable("w", (4,), lambda _, shape: np.ones(shape), dtype=dtype)
    step = variable("step", (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False)
    d = w - constant(MINIMUM, dtype)
    loss = sum_over(constant(CURVATURES / 2, dtype) * (d * d))
    return training_step(loss, {"loss": loss}, [w], step, rule, {}), w


def run(graph: Graph, steps: int) -> Iterator[tuple[dict[str, Array], dict[str, Array]]]:
    """Outputs, and the state after the step, step by step."""
    program, state = executor("numpy").compile(graph), initial_state(graph.variables, 0)
    for _ in range(steps):
        outputs = program.run(state, {})
        yield outputs, state.copy().values


@pytest.mark.parametrize("text", [text for case in OPTIMIZER_CASES.values() for text in case.quick])
def test_reaches_the_minimum(text: str) -> None:
    graph, _ = quadratic(rule_of(text))
    *_, (outputs, values) = run(graph, 500)
    np.testing.assert_allclose(values["w"], MINIMUM, atol=0.01)
    assert outputs["loss"] < 1e-3


def test_weight_decay_of_adamw_pulls_the_minimum_to_0() -> None:
    """At rest c · (w - m) / |c · (w - m)|, which is the sign, and weight_decay · w are equal and opposite: |w| ≤ 1 / decay."""
    graph, _ = quadratic(rule_of("adamw: {lr: 0.01, weight_decay: 0.9}"))
    *_, (_, values) = run(graph, 2000)
    assert values["w"][0] == pytest.approx(1 / 0.9, rel=0.02)


def test_counter_counts_steps() -> None:
    graph, _ = quadratic(rule_of("adam"))
    counts = [values["step"] for _, values in run(graph, 4)]
    assert [count.item() for count in counts] == [1, 2, 3, 4]
    assert counts[0].dtype == "uint32"


@pytest.mark.parametrize(("text", "names"), [slots for case in OPTIMIZER_CASES.values() for slots in case.slots.items()])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slots(text: str, names: list[str], dtype: DType) -> None:
    """Each is a variable of the parameter's shape and dtype, 0 at first, not trained, and changed at every step."""
    graph, w = quadratic(rule_of(text), dtype)
    slots = [node for node in graph.variables if label(node) not in {"w", "step"}]
    assert sorted(map(label, slots)) == [f"{optimizer_of(text).word}/{name}/w" for name in names]
    assert all(node.type == w.type and not node.op.trainable for node in slots)
    assert set(graph.updates) == set(graph.variables)
    first = initial_state(graph.variables, 0)
    assert not any(first.values[label(node)].any() for node in slots)


FIRST_STEPS = [step for case in OPTIMIZER_CASES.values() for step in case.first_step.items()]


@pytest.mark.parametrize(("text", "formula"), FIRST_STEPS, ids=[text for text, _ in FIRST_STEPS])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 2e-7), ("float64", 1e-9)])
def test_first_step_by_formula(text: str, formula: Step, dtype: DType, tolerance: float) -> None:
    """From w = 1: g = c · (1 - m) = -1, 2, 5, 3.75. In float32 a number near 1 is off by up to half an ε of 1.2e-7."""
    w, g = np.ones(4), CURVATURES * (1 - MINIMUM)
    graph, _ = quadratic(rule_of(text), dtype)
    ((_, values),) = run(graph, 1)
    np.testing.assert_allclose(1 - values["w"].astype("float64"), formula(w, g), rtol=0, atol=tolerance)


@pytest.mark.parametrize("word", OPTIMIZER_CASES)
def test_every_epsilon_has_a_step_in_which_it_matters(word: str) -> None:
    """At its default it is far below what the step shows."""
    if "epsilon" in OPTIMIZERS.members[word].model_fields:
        assert any(optimizer_of(text).epsilon >= 0.1 for text in OPTIMIZER_CASES[word].first_step)  # type: ignore[attr-defined]


@pytest.mark.parametrize("word", ["adam", "adamw"])
def test_bias_corrections_are_exact_in_float32(word: str) -> None:
    """A constant gradient has the mean g and the mean square g², so that each step is lr; the errors of thirty add up."""
    w = variable("w", (), lambda _, shape: np.zeros(shape))
    step = variable("step", (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False)
    settings = "lr: 0.125, weight_decay: 0.0" if word == "adamw" else "lr: 0.125"
    graph = training_step(w * 4.0, {}, [w], step, rule_of(f"{word}: {{{settings}}}"), {})
    places = [values["w"].item() for _, values in run(graph, 30)]
    np.testing.assert_allclose(places, -0.125 * np.arange(1, 31), rtol=2e-6)


def test_nesterov_without_momentum_is_refused() -> None:
    assert optimizer_of("sgd: {momentum: 0.5, nesterov: true}").momentum == 0.5  # type: ignore[attr-defined]
    for text in ("sgd: {nesterov: true}", "sgd: {nesterov: true, momentum: 0.0}"):
        with pytest.raises(ValidationError, match="nesterov needs a momentum above 0, found momentum 0"):
            optimizer_of(text)


@pytest.mark.parametrize("word", OPTIMIZERS.members)
def test_a_learning_rate_alone(word: str) -> None:
    assert optimizer_of(f"{word}: 0.5") == optimizer_of(f"{word}: {{lr: 0.5}}")
