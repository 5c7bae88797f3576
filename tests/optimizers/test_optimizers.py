"""Optimizers: they reach a minimum, keep their state under stated names, and follow their formulae in float32 too."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from pydantic import ValidationError
from support.kinds import FLAG, POSITIVE, SHARE, Checker, Kind, settings_of
from support.networks import label
from support.training import optimizer_of, rule_of

from netcli.executors import executor, initial_state
from netcli.graph import Array, DType, Graph, Node, constant, variable
from netcli.ops import sum_over
from netcli.optimizers.optimizer import OPTIMIZERS
from netcli.optimizers.step import Rule, training_step

#: Good settings for a quadratic with curvatures from 0.5 to 5.
QUICK = [
    "sgd: 0.3",
    "sgd: {lr: 0.1, momentum: 0.8}",
    "sgd: {lr: 0.1, momentum: 0.8, nesterov: true}",
    "adam: 0.1",
    "adamw: {lr: 0.1, weight_decay: 0.0}",
    "rmsprop: {lr: 0.01, decay: 0.9}",
    "rmsprop: {lr: 0.002, momentum: 0.8}",
    "adagrad: 1.0",
]
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


@pytest.mark.parametrize("text", QUICK)
def test_reaches_the_minimum(text: str) -> None:
    graph, _ = quadratic(rule_of(text))
    *_, (outputs, values) = run(graph, 500)
    np.testing.assert_allclose(values["w"], MINIMUM, atol=0.01)
    assert outputs["loss"] < 1e-3


def test_every_optimizer_is_tried() -> None:
    assert {text.split(":")[0] for text in QUICK} == set(OPTIMIZERS.members)


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


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("sgd", []),
        ("sgd: {momentum: 0.9}", ["sgd/momentum/w"]),
        ("sgd: {momentum: 0.9, nesterov: true}", ["sgd/momentum/w"]),
        ("adam", ["adam/mean/w", "adam/square/w"]),
        ("adamw", ["adamw/mean/w", "adamw/square/w"]),
        ("rmsprop", ["rmsprop/square/w"]),
        ("rmsprop: {momentum: 0.9}", ["rmsprop/momentum/w", "rmsprop/square/w"]),
        ("adagrad", ["adagrad/square/w"]),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slots(text: str, names: list[str], dtype: DType) -> None:
    """Each is a variable of the parameter's shape and dtype, 0 at first, not trained, and changed at every step."""
    graph, w = quadratic(rule_of(text), dtype)
    slots = [node for node in graph.variables if label(node) not in {"w", "step"}]
    assert sorted(map(label, slots)) == names
    assert all(node.type == w.type and not node.op.trainable for node in slots)
    assert set(graph.updates) == set(graph.variables)
    first = initial_state(graph.variables, 0)
    assert not any(first.values[name].any() for name in names)


@pytest.mark.parametrize("text", [f"{word}: 0.01" for word in OPTIMIZERS.members] + ["rmsprop: {lr: 0.01, decay: 0.0}"])
def test_first_step_by_formula_in_float32(text: str) -> None:
    """From w = 1: g = c · (1 - m) = -1, 2, 2, 3.75. With bias correction, Adam's first step is lr, whatever the gradient."""
    g = CURVATURES * (1 - MINIMUM)
    expected = {
        "sgd": 0.01 * g,
        "adam": 0.01 * np.sign(g),
        "adamw": 0.01 * (np.sign(g) + 0.01),
        "adagrad": 0.01 * np.sign(g),
        "rmsprop": 0.01 * g / np.sqrt((1 - optimizer_of(text).model_dump().get("decay", 0)) * g * g),
    }[text.split(":", maxsplit=1)[0]]
    graph, _ = quadratic(rule_of(text), "float32")
    ((_, values),) = run(graph, 1)
    np.testing.assert_allclose(1 - values["w"].astype("float64"), expected, atol=2e-7)


@pytest.mark.parametrize("word", ["adam", "adamw"])
def test_bias_corrections_are_exact_in_float32(word: str) -> None:
    """A constant gradient has the mean g and the mean square g², so that each step is lr; the errors of thirty add up."""
    w = variable("w", (), lambda _, shape: np.zeros(shape))
    step = variable("step", (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False)
    settings = "lr: 0.125, weight_decay: 0.0" if word == "adamw" else "lr: 0.125"
    graph = training_step(w * 4.0, {}, [w], step, rule_of(f"{word}: {{{settings}}}"), {})
    places = [values["w"].item() for _, values in run(graph, 30)]
    np.testing.assert_allclose(places, -0.125 * np.arange(1, 31), rtol=2e-6)


# ---- settings ----

MOMENTS = {"lr": POSITIVE, "beta1": SHARE, "beta2": SHARE, "epsilon": POSITIVE}
TABLE: dict[str, dict[str, Kind]] = {
    "sgd": {"lr": POSITIVE, "momentum": SHARE, "nesterov": Kind((False,), FLAG.wrong, (True,))},
    "adam": MOMENTS,
    "adamw": {**MOMENTS, "weight_decay": SHARE},
    "rmsprop": {"lr": POSITIVE, "decay": SHARE, "momentum": SHARE, "epsilon": POSITIVE},
    "adagrad": {"lr": POSITIVE, "epsilon": POSITIVE},
}
OPTIMIZER = Checker(OPTIMIZERS, TABLE, {})


def test_the_table_has_every_setting() -> None:
    OPTIMIZER.check_table()


@pytest.mark.parametrize(("word", "name"), settings_of(TABLE))
def test_setting(word: str, name: str) -> None:
    OPTIMIZER.check(word, name)


@pytest.mark.parametrize("word", TABLE)
def test_a_single_value_is_the_learning_rate(word: str) -> None:
    assert optimizer_of(f"{word}: 0.5") == optimizer_of(f"{word}: {{lr: 0.5}}") != optimizer_of(word)


def test_nesterov_without_momentum_is_refused() -> None:
    assert optimizer_of("sgd: {momentum: 0.5, nesterov: true}").momentum == 0.5  # type: ignore[attr-defined]
    for text in ("sgd: {nesterov: true}", "sgd: {nesterov: true, momentum: 0.0}"):
        with pytest.raises(ValidationError, match="nesterov needs a momentum above 0, found momentum 0"):
            optimizer_of(text)
