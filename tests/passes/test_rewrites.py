"""What each pass removes, what it must not touch, and whose nodes its results are."""

from __future__ import annotations

import textwrap

import numpy as np
import pytest
from support.networks import value_of
from support.random_graphs import negated

from netcli.autodiff import gradients
from netcli.executors import State
from netcli.graph import Constant, Graph, Node, TensorType, constant, layer, phase, placeholder, text, variable
from netcli.ops import batch_broadcast, batch_mean, exp, random_uniform, reshape, sum_over
from netcli.passes import optimize
from netcli.passes.constant_folding import LARGEST, fold_constants
from netcli.passes.simplification import simplify


def fed() -> Node:
    """A placeholder of its own: nodes on X are shared by all tests, and belong to where they were made first."""
    return placeholder("x", TensorType((6,), "float32", varying=True))


X = fed()
S = placeholder("s", TensorType((), "float32"))
ONES = constant(np.ones(6))
INTEGER = variable("step", (), lambda _, shape: np.zeros(shape), dtype="uint32", trainable=False)


def golden(graph: Graph, expected: str) -> None:
    assert text(graph) == textwrap.dedent(expected).lstrip()


def test_golden() -> None:
    """A small graph in all its stages."""
    x = fed()
    with layer("scaling"):
        factor = exp(constant(0.0)) / constant([2.0, 2.0, 2.0, 2.0, 2.0, 2.0]) * 2.0
        y = negated(negated(x * factor)) - 0.0
    with layer("shaping"):
        flat = reshape(reshape(y, (2, 3)), (3, 2))
    graph = Graph({"flat": flat, "mean": batch_mean(y)})
    golden(
        graph,
        """
        x = placeholder : float32[n,6]
        scaling/exp = exp(0) : float32[]
        constant = constant min=2 max=2 : float32[6]
        scaling/divide = divide(scaling/exp, constant) : float32[6]
        scaling/multiply = multiply(scaling/divide, 2) : float32[6]
        scaling/multiply_1 = multiply(x, scaling/multiply) : float32[n,6]
        scaling/negate = negate(scaling/multiply_1) : float32[n,6]
        scaling/negate_1 = negate(scaling/negate) : float32[n,6]
        scaling/subtract = subtract(scaling/negate_1, 0) : float32[n,6]
        shaping/reshape = reshape(scaling/subtract) before=(6) after=(2,3) : float32[n,2,3]
        shaping/reshape_1 = reshape(shaping/reshape) before=(2,3) after=(3,2) : float32[n,3,2]
        batch_sum = batch_sum(scaling/subtract) : float32[6]
        batch_size = batch_size(scaling/subtract) : float32[]
        divide = divide(batch_sum, batch_size) : float32[6]
        output flat = shaping/reshape_1
        output mean = divide
        """,
    )
    golden(
        fold_constants(graph),
        """
        x = placeholder : float32[n,6]
        constant = constant min=1 max=1 : float32[6]
        scaling/multiply = multiply(x, constant) : float32[n,6]
        scaling/negate = negate(scaling/multiply) : float32[n,6]
        scaling/negate_1 = negate(scaling/negate) : float32[n,6]
        scaling/subtract = subtract(scaling/negate_1, 0) : float32[n,6]
        shaping/reshape = reshape(scaling/subtract) before=(6) after=(2,3) : float32[n,2,3]
        shaping/reshape_1 = reshape(shaping/reshape) before=(2,3) after=(3,2) : float32[n,3,2]
        batch_sum = batch_sum(scaling/subtract) : float32[6]
        batch_size = batch_size(scaling/subtract) : float32[]
        divide = divide(batch_sum, batch_size) : float32[6]
        output flat = shaping/reshape_1
        output mean = divide
        """,
    )
    golden(
        optimize(graph),
        """
        x = placeholder : float32[n,6]
        shaping/reshape = reshape(x) before=(6) after=(3,2) : float32[n,3,2]
        batch_sum = batch_sum(x) : float32[6]
        batch_size = batch_size(x) : float32[]
        divide = divide(batch_sum, batch_size) : float32[6]
        output flat = shaping/reshape
        output mean = divide
        """,
    )


def simplified(node: Node) -> Node:
    return simplify(Graph({"y": node})).outputs["y"]


def folded(node: Node) -> Node:
    return fold_constants(Graph({"y": node})).outputs["y"]


@pytest.mark.parametrize(
    "node",
    [
        *(X * 1.0, 1.0 * X, X * ONES, ONES * X, X / 1.0, X / ONES, X - 0.0, X + -0.0, -0.0 + X),
        *(negated(negated(X)), negated(negated(negated(negated(X))))),
        *(reshape(reshape(X, (2, 3)), (6,)), reshape(reshape(reshape(X, (2, 3)), (3, 2)), (6,))),
        1.0 * ((X - 0.0) / 1.0),
    ],
    ids=lambda node: text(Graph({"y": node})).splitlines()[-2],
)
def test_what_is_x(node: Node) -> None:
    assert simplified(node) is X


def test_integers_are_simplified_too() -> None:
    assert simplified(INTEGER * constant(1, "uint32")) is INTEGER
    assert simplified(INTEGER - constant(0, "uint32")) is INTEGER


@pytest.mark.parametrize(
    "node",
    [
        *(X * 0.0, X + 0.0, 0.0 + X, X - -0.0, 0.0 - X, 1.0 / X, X * -1.0, X - 1.0, -X, X / X, X - X, exp(X)),
        *(S * ONES, ONES * S, constant(np.ones((2, 6))) * reshape(X, (1, 6)), X * constant([1.0, 1.0, 1.0, 1.0, 1.0, 2.0])),
    ],
    ids=lambda node: text(Graph({"y": node})).splitlines()[-2],
)
def test_what_is_not(node: Node) -> None:
    """x · 0 is NaN where x is infinite, x + 0 is 0 where x is -0; a factor of 1 may still repeat its partner."""
    assert simplified(node) is node


def test_nothing_is_lost_of_infinities_and_signs() -> None:
    special = np.array([[np.inf, -np.inf, np.nan, 0.0, -0.0, 1.0]], "float32")
    inverse = [0.0, -0.0, np.nan, np.inf, np.inf, 1.0]
    for node, expected in [(X * 0.0, [np.nan, np.nan, np.nan, 0.0, -0.0, 0.0]), (1.0 / (X + 0.0), inverse)]:
        graph = optimize(Graph({"y": node}))
        found = value_of(graph.outputs["y"], State({}), {"x": special})[0]
        np.testing.assert_array_equal(found, expected)


# ---- folding ----


def test_constants_become_one() -> None:
    made = folded(exp(constant([0.0, 1.0])) * 2.0 + 1.0)
    assert isinstance(made.op, Constant)
    np.testing.assert_allclose(made.op.value, [3.0, 2 * np.e + 1], rtol=1e-6)
    assert made.op.value.dtype == "float32"


def test_a_constant_is_folded_as_it_would_be_run() -> None:
    """Without a warning, too, which the tests would count as an error."""
    node = constant([1.0, -1.0, 0.0]) / 0.0
    made = folded(node)
    assert isinstance(made.op, Constant)
    np.testing.assert_array_equal(made.op.value, [np.inf, -np.inf, np.nan])


def test_what_depends_on_the_batch_or_on_state_is_not_folded() -> None:
    per_example = batch_broadcast(constant(np.ones(6)), X)
    for node in (X * 2.0, S + 1.0, INTEGER + 1, per_example, INTEGER * INTEGER):
        assert folded(node) is node


def test_large_constants_are_not_unfolded() -> None:
    """A small constant that is repeated to a large one would make the program large."""
    from netcli.ops import broadcast

    row = constant(np.ones((1, LARGEST // 2)))
    assert isinstance(folded(broadcast(row, (2, LARGEST // 2))).op, Constant)
    large = broadcast(row, (3, LARGEST // 2))
    assert folded(large) is large
    assert not isinstance(folded(sum_over(large)).op, Constant)


def test_random_numbers_are_never_folded() -> None:
    """Not even those of a constant seed and step: there is one set for every example."""
    fixed = random_uniform(constant(1, "uint32"), constant(2, "uint32"), X, (6,), 1)
    moving = random_uniform(INTEGER, INTEGER, X, (6,), 1)
    for node in (fixed, moving):
        assert optimize(Graph({"y": node})).outputs["y"] is node


def test_two_draws_stay_two() -> None:
    first, second = (random_uniform(INTEGER, INTEGER, X, (6,), number) for number in (1, 2))
    graph = optimize(Graph({"y": first * 1.0 - second * 1.0}))
    assert graph.outputs["y"] is first - second


def test_what_nobody_needs_is_gone() -> None:
    unused = exp(X * 3.0)
    graph = Graph({"y": X * 1.0})
    assert unused not in graph.nodes
    assert optimize(graph).nodes == (X,)


# ---- what stays ----


def test_names_of_outputs_and_targets_of_updates_stay() -> None:
    w = variable("w", (6,), lambda _, shape: np.zeros(shape))
    graph = optimize(Graph({"b": X * 1.0, "a": w * 1.0}, {w: w - 1.0 * w, INTEGER: INTEGER + 1}))
    assert list(graph.outputs) == ["b", "a"]
    assert graph.outputs["a"] is w
    assert list(graph.updates) == [w, INTEGER]
    assert graph.updates[w] is w - w


def test_new_nodes_keep_the_origin_of_those_they_stand_for() -> None:
    x, w = fed(), variable("w", (6,), lambda _, shape: np.zeros(shape))
    with layer("first", 7):
        y = exp(x * 1.0)
    with layer("second", 9):
        loss = sum_over(batch_mean(y * w * (exp(constant(0.0)) + 1.0)))
    (dw,) = gradients([loss], [w])
    with phase("update"), layer("third", 11):
        new = w - dw / 1.0
    before = Graph({"loss": loss}, {w: new})
    after = optimize(before)

    def origins(graph: Graph, name: str) -> set[tuple[str, int | None, str]]:
        return {(n.origin.layer, n.origin.line, n.origin.phase) for n in graph.nodes if n.op.name == name}

    assert origins(after, "exp") == {("first", 7, "forward")}
    assert origins(after, "subtract") == {("third", 11, "update")}
    for name in ("multiply", "batch_sum", "sum", "broadcast", "batch_broadcast"):
        assert origins(after, name) <= origins(before, name)
    assert ("second", 9, "backward") in origins(after, "multiply")


def test_backward_nodes_belong_to_what_their_forward_nodes_became() -> None:
    x = fed()
    with layer("a"):
        inner = exp(x * 1.0)
    with layer("b"):
        y = exp(inner)
    (dx,) = gradients([y], [x])
    after = optimize(Graph({"y": y, "dx": dx}))
    mirrored = {node.origin.forward for node in after.nodes if node.origin.phase == "backward" and node.inputs}
    assert mirrored
    assert mirrored <= set(after.nodes)
