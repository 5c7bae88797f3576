"""The mirrored picture as a value: every forward node in its row, every derivative beside it."""

from __future__ import annotations

from collections import Counter

import pytest
from support.graphs import SAMPLES, Sample, digits, early, knotted, nested, sample, sigmoid_dropout

from netcli.analysis.inspect.mirror import Entry, Section, mirror
from netcli.analysis.inspect.views import View
from netcli.graph import Node, Variable, topological


def entries(of: Sample, layer: str, view: View = "step") -> dict[str, Entry]:
    """The rows of a layer by their text."""
    section = next(section for section in mirror(of.view(view), of.layers).sections if section.layer.name == layer)
    return {entry.text: entry for entry in section.entries}


def derivatives(of: Sample, layer: str, view: View = "step") -> dict[str, list[str]]:
    """The formulas beside the rows of a layer."""
    return {text: [result.formula for result in entry.results] for text, entry in entries(of, layer, view).items()}


def kept(of: Sample, layer: str) -> dict[str, list[tuple[str, ...]]]:
    """The names of the values that are read beside the rows of a layer."""
    return {text: [result.kept for result in entry.results if result.kept] for text, entry in entries(of, layer).items()}


def depends_on_a_parameter(node: Node) -> bool:
    """Whether a trained variable is among the ancestors through which values come; a batch's size is no value."""
    return node.op.name != "batch_size" and any(isinstance(x.op, Variable) and x.op.trainable for x in topological([node]))


@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
def test_every_forward_node_that_is_differentiated_stands_in_one_row(made: object) -> None:
    of: Sample = made()  # type: ignore[operator]
    graph = of.view()
    network = of.model.training
    drawn = mirror(graph, of.layers)
    rows = Counter(node for section in drawn.sections for entry in section.entries for node in entry.nodes)
    expected = [node for node in topological([network.objective]) if node.type.is_float and depends_on_a_parameter(node)]
    assert {node: rows[node] for node in expected if rows[node] != 1} == {}
    assert max(rows.values()) == 1
    assert [section.layer for tree in drawn.trees for section in tree.outline()] == list(of.layers)
    assert drawn.end == ("loss" if network.objective is network.loss else "objective")


@pytest.mark.parametrize("made", SAMPLES, ids=lambda made: made.__name__)
def test_every_row_on_the_way_of_gradients_has_a_derivative_and_no_other(made: object) -> None:
    of: Sample = made()  # type: ignore[operator]
    flowing = {
        node
        for node in topological([of.model.training.objective])
        if node.type.is_float and node.type.varying and depends_on_a_parameter(node)
    }
    for section in mirror(of.view(), of.layers).sections:
        for entry in section.entries:
            if entry.role == "parameter":
                assert len(entry.results) == 1
                assert entry.update is not None
            elif entry.role == "side":
                assert not entry.results
            elif entry.nodes[0] in flowing:
                # the first operation on the data has no gradient to hand on: nothing above it is trained
                assert bool(entry.results) == any(x in flowing for x in entry.nodes[0].inputs)


def test_sigmoid_and_dropout() -> None:
    of = sigmoid_dropout()
    assert derivatives(of, "input") == {"input": [], "subtract(x, mean)": [], "divide(x, deviation)": []}
    assert derivatives(of, "dense1") == {
        "weight": ["dense_weight_grad(x, g)"],
        "dense(x, weight)": [],
        "bias": ["batch_sum(g)"],
        "add(x, bias)": ["g"],
    }
    assert derivatives(of, "sigmoid1") == {"sigmoid(x)": ["g · y · (1 − y)"]}
    assert derivatives(of, "dropout1") == {
        "random_uniform(seed, step)": [],
        "greater(rate, random_uniform)": [],
        "divide(x, one_minus_rate)": ["g / one_minus_rate"],
        "select(greater, 0, x)": ["select(greater, 0, g)"],
    }
    assert derivatives(of, "mse1")["multiply(x, x)"] == ["g · x"]
    assert derivatives(of, "mse1")["subtract(x, one_hot)"] == ["g + g"]
    assert derivatives(of, "mse1")["batch_sum(x)"] == ["batch_broadcast(g)"]


def test_values_that_the_backward_pass_reads() -> None:
    of = sigmoid_dropout()
    assert kept(of, "dense1") == {"weight": [("x",)], "dense(x, weight)": [], "bias": [], "add(x, bias)": []}
    assert kept(of, "sigmoid1") == {"sigmoid(x)": [("y",)]}
    assert kept(of, "dropout1")["select(greater, 0, x)"] == [("greater",)]
    assert kept(digits(), "dense1")["dense(x, weight)"] == [("weight",)]
    assert kept(digits(), "relu1") == {"relu(x)": [("y",)]}


def test_gradients_that_meet_are_added() -> None:
    of = knotted()
    assert derivatives(of, "eyes")["add(x, bias)"] == ["g = g₁ + g₂"]
    assert derivatives(of, "eyes")["bias"] == ["batch_sum(sum(g))"]
    assert derivatives(of, "batchnorm1")["subtract(eyes/add, x)"] == ["batch_sum(sum(−g))", "g = g₁ + g₂ + g₂"]
    assert derivatives(of, "batchnorm1")["divide_4(subtract, x)"] == ["batch_sum(sum(−(g · y / x)))", "g / x"]
    assert derivatives(of, "silu1") == {
        "sigmoid(x)": ["g · y · (1 − y)"],
        "multiply(dense1/add, x)": ["g · dense1/add", "g · x"],
    }


def test_a_penalty_is_part_of_the_gradient_and_stands_with_its_layer() -> None:
    found = derivatives(knotted(), "eyes")
    assert found["weight"] == ["half_weight_decay · weight + half_weight_decay · weight + conv2d_weight_grad(x, g)"]
    assert {"multiply(weight, weight)", "sum(multiply)", "multiply_1(sum, half_weight_decay)"} <= set(found)


def test_a_layer_without_nodes_has_an_empty_section() -> None:
    assert entries(digits(), "softmax1") == {}


def test_reshapes_stand_in_the_row_of_what_they_serve_unless_they_are_all_there_is() -> None:
    conv = entries(digits(), "conv1")
    assert [node.op.name for node in conv["bias"].nodes] == ["variable", "reshape"]
    assert conv["bias"].type.shape == (16,)
    loss = entries(sigmoid_dropout(), "mse1")
    assert [node.op.name for node in loss["sum(x)"].nodes] == ["sum", "reshape"]
    assert loss["sum(x)"].type.shape == ()
    assert [node.op.name for node in entries(digits(), "flatten1")["reshape(x)"].nodes] == ["reshape"]


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        ("sgd: 0.1", "− lr · ∂weight"),
        ("sgd: {lr: 0.1, momentum: 0.9}", "− lr · (mu · momentum + ∂weight)"),
        ("rmsprop: 0.1", None),
    ],
)
def test_updates_as_formulas(optimizer: str, expected: str | None) -> None:
    update = entries(sample("[dense: 3, mse]", (4,), 3, optimizer=optimizer), "dense1")["weight"].update
    assert update is not None
    assert update.startswith("− lr · ") and "∂weight" in update
    assert expected in {None, update}


def test_a_graph_that_is_not_updated_or_not_differentiated() -> None:
    of = sigmoid_dropout()
    assert entries(of, "dense1", "backward")["weight"].update is None
    assert derivatives(of, "dense1", "backward")["weight"] == ["dense_weight_grad(x, g)"]
    assert not any(found for layer in of.layers for found in derivatives(of, layer.name, "forward").values())
    assert not mirror(of.view("forward"), of.layers).has_gradients


def test_nodes_that_are_left_out_are_counted() -> None:
    of = sigmoid_dropout()
    accuracy = {"first_maximum", "multiply", "sum", "reshape", "batch_sum", "divide"}
    assert mirror(of.view("backward"), of.layers).left_out == len(accuracy)
    updates = sum(node.origin.phase == "update" and bool(node.inputs) for node in of.step.nodes)
    assert mirror(of.view(), of.layers).left_out == len(accuracy) + updates


def section_of(of: Sample, name: str) -> Section:
    return next(section for section in mirror(of.view(), of.layers).sections if section.layer.name == name)


def test_what_comes_into_a_residual_parts_and_its_gradients_meet() -> None:
    first = section_of(nested(), "repeat1/1/residual1")
    assert first.fork is not None
    assert (first.fork.stacks, first.fork.skips, first.fork.flows) == (1, True, True)
    assert first.meets is not None
    assert first.meets.formula == "g = g₁ + g₂"
    assert [entry.text for entry in first.entries] == ["add(x, skip)"]
    relu = section_of(nested(), "relu1").entries[-1]
    assert [result.formula for result in relu.results] == ["select(y > 0, g, 0)", "g = g₁ + g₂"]
    assert relu.results[-1] == first.meets


def test_a_shortcut_stands_beside_the_layers_and_copies_behind_each_other() -> None:
    down = section_of(nested(), "residual1")
    assert down.fork is not None
    assert (down.fork.stacks, down.fork.skips) == (2, False)
    assert [(inner.name, inner.track) for inner in down.inside] == [("conv1", 1), ("relu1", 1), ("shortcut/conv1", 2)]
    assert [inner.entries[1].text for inner in down.inside if "conv" in inner.name] == ["conv2d(x, weight)"] * 2
    repeat = section_of(nested(), "repeat1")
    assert repeat.fork is None
    assert [inner.track for inner in repeat.inside] == [0, 0]


def test_no_gradient_comes_out_of_layers_before_all_parameters() -> None:
    first = section_of(early(), "residual1")
    assert first.fork is not None
    assert not first.fork.flows
    assert first.meets is None
    branch = section_of(early(), "branch1")
    assert branch.fork is not None
    assert (branch.fork.stacks, branch.fork.skips, branch.fork.flows) == (3, False, True)
    assert branch.meets is not None
    assert branch.meets.formula.startswith("g = g₁ + g₂")


def test_a_skip_by_name_ends_where_its_gradients_meet() -> None:
    bend = section_of(nested(), "bend").entries[-1]
    assert [result.formula for result in bend.results] == ["g = g₁ + g₂"]
    assert section_of(nested(), "add1").entries[0].text == "add(x, bend/add)"
