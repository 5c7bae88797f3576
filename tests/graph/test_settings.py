"""Settings: numbers that are fed. No pass takes them for what they are at the moment."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import model_of, values_of
from support.training import rule_of, step_of

from netcli.errors import GraphError
from netcli.executors import State
from netcli.graph import Constant, Graph, Node, Setting, constant, setting, text, variable, verify
from netcli.passes import optimize


def w() -> Node:
    return variable("w", (3,), lambda generator, shape: generator.normal(size=shape))


def settings(graph: Graph) -> dict[str, float]:
    return {node.op.label: node.op.number for node in graph.nodes if isinstance(node.op, Setting)}


def test_no_pass_takes_a_setting_for_a_number() -> None:
    """1 and 0 change nothing, and are computed with all the same; a constant is not."""
    one, zero, x = setting("one", 1.0), setting("zero", 0.0), w()
    kept = optimize(Graph({"y": x * one - zero, "z": one + zero}))
    assert [node.op.name for node in kept.nodes if node.inputs] == ["multiply", "subtract", "add"]
    assert optimize(Graph({"y": x * constant(1.0) - constant(0.0)})).outputs["y"] is x


def test_equal_numbers_are_two_settings_and_no_constant() -> None:
    one, other = setting("momentum", 0.5), setting("decay", 0.5)
    assert one is not other
    assert setting("momentum", 0.5) is one
    assert not isinstance(one.op, Constant)


def test_its_value_is_rounded_to_its_dtype() -> None:
    for dtype in ("float32", "float64"):
        value = values_of({"lr": setting("lr", 0.1, dtype)}, State({}), {})["lr"]
        assert value == np.array(0.1, dtype)
        assert value.dtype == dtype


def test_a_graph_has_one_setting_of_a_label() -> None:
    graph = Graph({"y": w() * setting("lr", 0.1) + setting("lr", 0.2)})
    with pytest.raises(GraphError, match="two leaves are called lr"):
        verify(graph)


def test_texts_show_its_label() -> None:
    shown = text(Graph({"y": w() * setting("lr", 0.25)}))
    assert "lr = setting value=0.25 : float32[]\n" in shown
    assert "multiply(w, lr)" in shown


@pytest.mark.parametrize(
    ("optimizer", "schedule", "expected"),
    [
        ("sgd: {lr: 0.1, momentum: 0.9}", "constant", {"lr": 0.1, "mu": 0.9}),
        ("sgd: 0.1", "cosine: {final: 0.5}", {"full_lr": 0.1, "final": 0.5, "half_fall": 0.25, "steps": 20}),
        ("sgd: 0.1", "exponential: 1", {"full_lr": 0.1, "log_gamma": 0.0, "steps_per_epoch": 4}),
    ],
)
def test_what_rules_are_set_by(optimizer: str, schedule: str, expected: dict[str, float]) -> None:
    """And the numbers of layers, by their layer."""
    stack = "[dense: 3, dropout: 0.5, dense: {units: 2, weight_decay: 0.5}, softmax, cross_entropy: {label_smoothing: 0.5}]"
    model = model_of(stack, (4,), classes=2, weight_decay=0.25)
    graph = optimize(step_of(model, rule_of(optimizer, schedule, clip_norm=1.0, clip_value=2.0)))
    verify(graph)
    assert settings(graph) == expected | {
        "clip_norm": 1.0,
        "clip_value": 2.0,
        "minus_clip_value": -2.0,
        "half_weight_decay": 0.125,
        "dense2/half_weight_decay": 0.25,
        "dropout1/rate": 0.5,
        "dropout1/one_minus_rate": 0.5,
        "cross_entropy1/one_minus_label_smoothing": 0.5,
        "cross_entropy1/label_smoothing_per_class": 0.25,
    }
