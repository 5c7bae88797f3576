"""Traversals of large graphs: nothing is recursive, and nothing is visited twice."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from netcli.autodiff import gradients
from netcli.executors.numpy import values_of
from netcli.graph import Graph, Node, TensorType, placeholder, topological
from netcli.ops import exp, relu


def scalar(label: str = "x") -> Node:
    return placeholder(label, TensorType((), "float64"))


def test_inputs_come_before_users_in_a_fixed_order() -> None:
    x, y = scalar("x"), scalar("y")
    left, right = exp(x), relu(y)
    total = left + right
    assert topological([total]) == [x, left, y, right, total]
    assert topological([right, total]) == [y, right, x, left, total]


def test_what_is_known_is_left_out_and_what_only_it_needs() -> None:
    x, y = scalar("x"), scalar("y")
    hidden = exp(x) * y
    assert topological([relu(hidden) + y], known={hidden}) == [relu(hidden), y, relu(hidden) + y]
    assert topological([hidden], known={hidden}) == []


@pytest.mark.slow
def test_a_chain_of_100_000_nodes() -> None:
    x = scalar()
    gc.collect()
    before = len(Node._made)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    assert len(topological([y])) == 100_002
    del y
    assert len(Node._made) == before, "letting go of a long chain must not recurse either"


def test_a_chain_of_diamonds_is_walked_once() -> None:
    """y = x·2¹⁰⁰⁰ has 2¹⁰⁰⁰ paths from x to y."""
    x = scalar()
    y = x
    for _ in range(1000):
        y = y + y
    (gradient,) = gradients([y], [x])
    assert len(topological([y])) == 1001
    assert values_of([y, gradient], {x: np.array(3.0)}) == [3 * 2.0**1000, 2.0**1000]


def test_a_deep_graph_is_differentiated_and_named() -> None:
    x = scalar()
    y = x
    for _ in range(2_000):
        y = y * 0.999 + relu(y) * 0.001
    (gradient,) = gradients([y], [x])
    np.testing.assert_allclose(values_of([gradient], {x: np.array(1.0)})[0], 1.0, rtol=1e-9)
    graph = Graph({"y": y, "gradient": gradient})
    assert len(set(graph.names.values())) == len(graph.nodes)
