"""The two modes met at every node between one number and the loss, and the chains of single numbers."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import numpy as np
import pytest
from support.networks import first_state, label, model_of, shaken

from netcli.autodiff.flow import Flow, flow, strongest_chain
from netcli.autodiff.zero_causes import is_zero, moving, zero_causes
from netcli.errors import NoPathError
from netcli.executors.numpy import leaf_values, values_of
from netcli.graph import Array, Graph, Node, TensorType, placeholder, topological
from netcli.layers.stack import Model
from netcli.ops import batch_mean, exp, greater, select, sum_over

#: Stacks on 1×6×6 images of three classes: chains, forks (gelu, silu, batchnorm), choices (relu, maxpool, dropout).
NETWORKS = [
    "[conv: {filters: 2, name: c}, relu, maxpool: 2, flatten, dense: 3, softmax, cross_entropy]",
    "[conv: {filters: 2, name: c}, batchnorm, gelu, dropout: 0.3, flatten, dense: 4, silu, dense: 3, cross_entropy]",
    "[conv: {filters: 2, name: c}, tanh, avgpool: 2, flatten, dense: 3, layernorm, mse]",
]
FEEDS = {"input": np.random.default_rng(1).normal(0, 1, (5, 1, 6, 6)), "target": np.array([0, 2, 1, 1, 0], "int32")}


def images(stack: str, **settings: float) -> Model:
    return model_of(stack, (1, 6, 6), classes=3, **settings)


def leaves_of(model: Model, feeds: dict[str, Array], seed: int = 3) -> dict[Node, Array]:
    state = shaken(first_state(model, seed), model, np.random.default_rng(seed))
    return leaf_values(Graph({"objective": model.training.objective}), state, feeds)


def flow_of(model: Model, leaves: dict[Node, Array], name: str, index: tuple[int, ...]) -> Flow:
    return flow(model.training.objective, model.variables[name], index, leaves, values_of)


def difference(y: Node, x: Node, index: tuple[int, ...], leaves: dict[Node, Array], step: float = 1e-6) -> float:
    """The central difference, element alone moved."""
    sides = []
    for sign in (1, -1):
        moved = leaves[x].copy()
        moved[index] += sign * step
        sides.append(float(values_of([y], {**leaves, x: moved})[0]))
    return (sides[0] - sides[1]) / (2 * step)


def every_way_crosses(node: Node, x: Node, y: Node) -> bool:
    """Whether y no longer depends on x when the node is held fixed."""
    return node in (x, y) or x not in topological([y], known={node})


@pytest.mark.parametrize("stack", NETWORKS)
def test_both_modes_and_differences_agree_for_every_parameter(stack: str) -> None:
    model = images(stack, weight_decay=0.01)
    leaves = leaves_of(model, FEEDS)
    for w in model.parameters:
        index = tuple(size // 2 for size in w.shape)
        found = flow_of(model, leaves, label(w), index)
        assert found.forward == pytest.approx(found.reverse, rel=1e-9, abs=1e-13 * max(1.0, found.terms))
        assert difference(found.y, w, index, leaves) == pytest.approx(found.reverse, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("stack", NETWORKS)
def test_the_whole_derivative_comes_through_what_every_way_crosses(stack: str) -> None:
    model = images(stack)
    found = flow_of(model, leaves_of(model, FEEDS), "c/weight", (1, 0, 0, 2))
    crossed = [node for node in found.nodes if every_way_crosses(node, found.x, found.y)]
    assert len(crossed) > 8
    for node in crossed:
        assert found.through(node) == pytest.approx(found.reverse, rel=1e-9, abs=1e-13), node


def test_where_the_way_forks_the_parts_add_up() -> None:
    x = placeholder("x", TensorType((), "float64"))
    left, right = exp(x), x * x
    found = flow(left + right, x, (), {x: np.array(0.5)}, values_of)
    assert found.through(left) == pytest.approx(math.exp(0.5))
    assert found.through(right) == pytest.approx(1.0)
    assert found.reverse == found.forward == pytest.approx(math.exp(0.5) + 1.0)


@pytest.mark.parametrize("stack", NETWORKS)
def test_each_factor_is_the_derivative_of_one_element_by_the_next(stack: str) -> None:
    model = images(stack)
    found = flow_of(model, leaves_of(model, FEEDS), "c/weight", (1, 0, 0, 2))
    chain = strongest_chain(found, values_of)
    assert (chain[0].node, chain[-1].node) == (found.y, found.x)
    assert (chain[-1].place, chain[-1].factor) == ((1, 0, 0, 2), None)
    for factor, following in pairwise(chain):
        assert following.node in factor.node.inputs
        assert factor.value == found.values[factor.node][factor.place]
        operands = {u: found.values[u] for u in factor.node.inputs}
        assert slope(factor.node, factor.place, following.node, following.place, operands) == pytest.approx(
            factor.factor, rel=1e-5, abs=1e-8
        )


def slope(node: Node, place: tuple[int, ...], u: Node, there: tuple[int, ...], operands: dict[Node, Array]) -> float:
    """The central difference of an element of a node by one of an operand, by the operation alone."""
    sides = []
    for sign in (1, -1):
        moved = operands[u].copy()
        moved[there] += sign * 1e-6
        inputs = [moved if v is u else operands[v] for v in node.inputs]
        sides.append(float(np.asarray(node.op.forward(np, *inputs))[place]))
    return (sides[0] - sides[1]) / 2e-6


def test_of_single_numbers_the_product_is_the_derivative() -> None:
    """One unit a layer and one example: there is one way only."""
    model = model_of("[dense: {units: 1, name: a}, tanh, dense: 1, sigmoid, dense: 1, mae]", (1,), target=(1,))
    leaves = leaves_of(model, {"input": np.array([[0.7]]), "target": np.array([[3.0]])})
    found = flow_of(model, leaves, "a/weight", (0, 0))
    product = math.prod(step.factor for step in strongest_chain(found, values_of) if step.factor is not None)
    assert product == pytest.approx(found.reverse, rel=1e-12)
    assert product == pytest.approx(difference(found.y, found.x, (0, 0), leaves), rel=1e-6)


def test_an_operand_that_is_read_twice_counts_twice() -> None:
    x = placeholder("x", TensorType((), "float64"))
    found = flow(x * x, x, (), {x: np.array(3.0)}, values_of)
    assert [step.factor for step in strongest_chain(found, values_of)] == [6.0, None]


def test_no_path_is_an_error() -> None:
    x = placeholder("x", TensorType((), "float64"))
    y = select(greater(x, 0.0), placeholder("a", TensorType((), "float64")), 1.0)
    with pytest.raises(NoPathError, match="gives bool, which has no derivative"):
        flow(y, x, (), {}, values_of)


#: Stacks of 1×6×6 images, what is set in the state, the parameter and its index, and where its way ends.
DEAD = {
    "relu": (
        "[flatten, dense: {units: 4, name: d}, relu, dense: 3, cross_entropy]",
        {"d/bias": -100.0},
        ("d/weight", (2, 1)),
        "relu",
        "its inputs are ≤ 0 wherever the number moves them: at 5 places, the largest is -[0-9.]+",
    ),
    "weights of zero behind it": (
        "[flatten, dense: {units: 4, name: d}, tanh, dense: {units: 3, name: e}, cross_entropy]",
        {"e/weight": 0.0},
        ("d/bias", (1,)),
        "dense",
        "all that the number is multiplied with there is 0 in this batch",
    ),
    "a norm that takes it away": (
        "[flatten, dense: {units: 4, name: d}, batchnorm, dense: 3, cross_entropy]",
        {},
        ("d/bias", (3,)),
        "subtract",
        "what the number adds there and what it takes away cancel",
    ),
    "a pool that takes another": (
        "[conv: {filters: 1, kernel: 3, name: c}, maxpool: 4, flatten, dense: 3, cross_entropy]",
        {"c/weight": -1.0},
        ("c/weight", (0, 0, 2, 2)),
        "max_pool2d",
        "none of 5 places that the number moves holds the maximum of its window",
    ),
    "dropout of all": (
        "[flatten, dense: {units: 1, name: d}, dropout: 0.99, dense: 3, cross_entropy]",
        {},
        ("d/bias", (0,)),
        "select",
        "it takes the other value wherever the number moves this one: at 5 places",
    ),
    "saturation": (
        "[flatten, dense: {units: 4, name: d}, tanh, dense: 3, cross_entropy]",
        {"d/bias": 1000.0},
        ("d/weight", (2, 1)),
        "tanh",
        "its derivative is 0 wherever the number moves its input: at 5 places",
    ),
}


@pytest.mark.parametrize("name", DEAD)
def test_where_the_way_ends(name: str) -> None:
    stack, settings, (parameter, index), op, reason = DEAD[name]
    model = images(stack)
    corner = np.zeros((5, 1, 6, 6))
    corner[:, 0, 5, 5] = 1.0  # of the conv's outputs, only the last of its image is moved by its last weight
    leaves = leaves_of(model, {**FEEDS, "input": corner} if op == "max_pool2d" else FEEDS)
    for variable, value in settings.items():
        leaves[model.variables[variable]][...] = value
    found = flow_of(model, leaves, parameter, index)
    assert is_zero(found)
    assert abs(difference(found.y, found.x, index, leaves)) < 1e-9
    assert strongest_chain(found, values_of) == [] or op == "subtract"
    (end,) = zero_causes(found)
    assert end.node.op.name == op
    assert re.fullmatch(reason, end.reason), end.reason


@pytest.mark.parametrize("stack", NETWORKS)
def test_what_moves_the_loss_has_no_end(stack: str) -> None:
    model = images(stack)
    found = flow_of(model, leaves_of(model, FEEDS), "c/weight", (1, 0, 0, 2))
    assert not is_zero(found)
    assert found.y in moving(found)
    assert zero_causes(found) == []


def test_terms_that_cancel_in_the_loss_itself_are_zero_and_end_there() -> None:
    x = placeholder("x", TensorType((), "float64"))
    z = placeholder("z", TensorType((4,), "float64", varying=True))
    y = batch_mean(sum_over(z * x))
    values = np.array([[0.1, 0.2, -0.3, 0.0], [1e8, 0.7, -1e8, -0.7]])
    found = flow(y, x, (), {x: np.array(1.5), z: values}, values_of)
    assert is_zero(found)
    assert [end.reason for end in zero_causes(found)] == ["what the number adds there and what it takes away cancel"]


def test_what_is_not_a_number_moves_and_is_not_zero() -> None:
    x = placeholder("x", TensorType((), "float64"))
    found = flow(x * exp(x) + x, x, (), {x: np.array(np.nan)}, values_of)
    assert not is_zero(found)
    assert list(moving(found)) == list(found.nodes)
    assert strongest_chain(found, values_of) == []
