"""Names of nodes, and the text form."""

from __future__ import annotations

import numpy as np
from golden_files import check_golden
from support.graphs import digits, knotted, sigmoid_dropout

from netcli.graph import Graph, Variable, constant, op_of, text, variable


def test_text_of_a_small_network() -> None:
    check_golden("sigmoid_dropout.backward.text", text(sigmoid_dropout().view("backward")))


def test_names_are_unique_and_say_what_a_value_is_for() -> None:
    graph = knotted().view()
    assert len(set(graph.names.values())) == len(graph.nodes)
    for target, value in graph.updates.items():
        assert graph.names[value] == f"update/{op_of(target, Variable).label}"
    for name in ("lr", "grad_norm", "gradients/eyes/weight", "zero_share/dense2/bias"):
        assert graph.names[graph.outputs[name]] == name
    assert graph.names[graph.outputs["accuracy"]].startswith("cross_entropy1/")  # forward nodes are named by their operation


def test_leaves_keep_their_names() -> None:
    w = variable("w", (), lambda _, shape: np.zeros(shape))
    graph = Graph({"same": w, "one": constant(1.0)}, {w: constant(0.0)})
    assert set(graph.names.values()) == {"w", "1", "0"}


def test_numbers_stand_where_they_are_read_whatever_their_dtype() -> None:
    lines = text(digits().view()).splitlines()
    assert "update/step = add(step, 1) : uint32[]" in lines
    assert not any(line.startswith(("0 =", "1 =", "1_1 =")) for line in lines)


def test_outputs_say_their_node_only_where_its_name_is_another() -> None:
    lines = text(digits().view()).splitlines()
    assert "output grad_norm" in lines
    assert "output loss = cross_entropy1/divide" in lines
