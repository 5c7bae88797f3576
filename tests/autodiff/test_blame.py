"""Which operation is to blame: each wrong one is named, no right one is, and what the error looks like is told."""

from __future__ import annotations

import numpy as np
import pytest

from netcli.autodiff.gradcheck import CheckSettings, Fault, blame
from netcli.autodiff.gradcheck.planted import OneElement, Plant, SpoiledForward, detached, scaled, spoiled, transposed
from netcli.autodiff.match import match
from netcli.executors.numpy import values_of
from netcli.graph import Array, Differentiable, Node, TensorType, constant, layer, placeholder
from netcli.ops import Window, batch_mean, batch_sum, dense, log_softmax, max_pool2d, relu, reshape, reverse, sum_over, tanh
from netcli.ops.arithmetic import Add, Multiply
from netcli.ops.conv2d import Conv2D
from netcli.ops.dense import Dense, DenseWeightGrad
from netcli.ops.sigmoid import Sigmoid, Tanh

FIRST = CheckSettings(second_order=False)


def leaf(label: str, *shape: int, varying: bool = False) -> Node:
    return placeholder(label, TensorType(shape, "float64", varying))


def values(leaves: list[Node], batch: int = 4) -> dict[Node, Array]:
    generator = np.random.default_rng(1)
    return {x: generator.normal(size=((batch,) if x.type.varying else ()) + x.shape) for x in leaves}


def network(first: Differentiable, second: Differentiable) -> list[Fault]:
    """Two dense layers, on 4 examples of 5 numbers; one operation of each may be wrong."""
    x, v, w = leaf("x", 5, varying=True), leaf("v", 5, 3), leaf("w", 3, 2)
    with layer("one", 4):
        hidden = Node(second, (Node(first, (x, v)),))
    with layer("two", 6):
        y = batch_mean(-sum_over(log_softmax(dense(hidden, w))))
    return blame(y, [v, w], values([x, v, w]), values_of, FIRST)


def test_nothing_is_blamed_where_nothing_is_wrong() -> None:
    assert network(Dense(), Tanh()) == []


def test_the_operation_is_named_with_layer_line_input_and_element() -> None:
    (fault,) = network(spoiled(Dense(), 1, OneElement(7)), Tanh())
    assert (fault.operation, fault.layer, fault.line, fault.rule, fault.order) == ("dense", "one", 4, "vjp", 1)
    assert (fault.input, fault.of) == (1, "placeholder v")
    assert fault.evidence.element == (2, 1)
    assert fault.evidence.found / fault.evidence.expected == pytest.approx(1.01, rel=1e-6)


def test_every_wrong_operation_is_named_in_the_order_of_the_graph() -> None:
    faults = network(spoiled(Dense(), 1, scaled), spoiled(Tanh(), 0, scaled))
    assert [fault.operation for fault in faults] == ["dense", "tanh"]


def test_an_input_that_no_parameter_reaches_is_left_out() -> None:
    """The derivative by the data is wrong, and nobody asks for it."""
    assert network(spoiled(Dense(), 0, scaled), Tanh()) == []


def test_the_rules_are_told_apart() -> None:
    (fault,) = network(Dense(), SpoiledForward(Tanh()))
    assert (fault.operation, fault.rule) == ("tanh", "jvp")

    class Both(Sigmoid):
        def derivative(self, node: Node) -> Node:
            return node * (1.0 - node) * 1.5

    (fault,) = network(Dense(), Both())
    assert (fault.operation, fault.rule, fault.suggestions) == ("both", "both", ("a factor of 1.5 everywhere",))


def test_an_error_that_the_complex_step_alone_can_tell() -> None:
    """A billionth: the reverse rule is wrong, and not the forward rule, which disagrees with it."""

    def slightly(x: Node, dx: Node | None) -> Node:
        assert dx is not None
        return dx * (1 + 1e-9)

    (fault,) = network(Dense(), spoiled(Tanh(), 0, slightly))
    assert (fault.operation, fault.rule, fault.suggestions) == ("tanh", "vjp", ())
    assert fault.evidence.found / fault.evidence.expected == pytest.approx(1 + 1e-9, rel=1e-12)


def test_a_rule_that_is_wrong_in_second_order_alone() -> None:
    x, v = leaf("x", 5, varying=True), leaf("v", 5, 3)
    y = sum_over(batch_sum(Node(spoiled(Tanh(), 0, detached), (dense(x, v),))))
    assert blame(y, [v], values([x, v]), values_of, FIRST) == []
    (fault,) = blame(y, [v], values([x, v]), values_of, CheckSettings())
    assert (fault.operation, fault.order) == ("tanh", 2)


def test_a_deep_network_with_images() -> None:
    x, w, b = leaf("x", 2, 6, 6, varying=True), leaf("w", 3, 2, 3, 3), leaf("b", 3, 1, 1)
    window = Window((3, 3))

    def loss(op: Differentiable) -> Node:
        with layer("conv", 3):
            images = Node(op, (x, w)) + b
        with layer("rest", 4):
            return batch_mean(sum_over(tanh(reshape(max_pool2d(relu(images), Window((2, 2), (2, 2))), (12,)))))

    assert blame(loss(Conv2D(window)), [w, b], values([x, w, b]), values_of, FIRST) == []
    (fault,) = blame(loss(spoiled(Conv2D(window), 1, _flipped)), [w, b], values([x, w, b]), values_of, FIRST)
    assert (fault.operation, fault.layer) == ("conv2d", "conv")
    assert fault.suggestions == ("rows and columns run backwards: a kernel is flipped",)


# ------------------------------------------------------------------------------------------------------ suggestions


def _times(factor: float) -> Plant:
    return lambda x, dx: match(dx, x) * factor if dx is not None else x * 0.0


def _zero(x: Node, dx: Node | None) -> Node:
    return match(constant(0.0, "float64"), x)


def _flipped(x: Node, dx: Node | None) -> Node:
    assert dx is not None
    return reverse(reverse(match(dx, x), -1), -2)


def _offset(x: Node, dx: Node | None) -> Node:
    return match(dx, x) + 0.25 if dx is not None else x * 0.0


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (_times(-1.0), "the sign is wrong"),
        (_times(4.0), "4 times too large, as for a sum in place of a mean: that is the size of the batch"),
        (_times(0.25), "4 times too small, as for a mean in place of a sum: that is the size of the batch"),
        (_times(-5.0), "the sign is wrong, and it is 5 times too large"),
        (_times(1 / 3), "3 times too small, as for a mean in place of a sum: that is the length of axis -1 of the result"),
        (_times(2.0), "a factor of 2: one of two equal terms"),
        (_times(1.01), "a factor of 1.01 everywhere"),
        (_zero, "the derivative is zero"),
        (_flipped, "rows and columns run backwards"),
        (OneElement(3), "1 of 15 elements are wrong"),
        (_offset, "a term of 0.25 is added everywhere"),
        (transposed, "the last axis runs backwards"),
    ],
)
def test_what_an_error_of_a_weight_looks_like(plant: Plant, words: str) -> None:
    (fault,) = network(spoiled(Dense(), 1, plant), Tanh())
    (suggestion,) = fault.suggestions
    assert words in suggestion


@pytest.mark.parametrize("shape", [(3, 3), (4, 2)])
def test_a_transposed_weight(shape: tuple[int, int]) -> None:
    x, w = leaf("x", shape[0], varying=True), leaf("w", *shape)

    def swapped(_: Node, dx: Node | None) -> Node:
        assert dx is not None
        h, g = dx.inputs
        return reshape(Node(DenseWeightGrad(), (g, h)), shape)  # gᵀh, which is the transposed hᵀg

    y = sum_over(batch_sum(tanh(Node(spoiled(Dense(), 1, swapped), (x, w)))))
    (fault,) = blame(y, [w], values([x, w]), values_of, FIRST)
    assert len(fault.suggestions) == 1
    assert "transposed" in fault.suggestions[0]


def test_a_missing_sum_over_a_broadcast_axis() -> None:
    """A bias (3,) is added to (2, 3): its cotangent is that of the first row alone."""
    x, b = leaf("x", 2, 3, varying=True), leaf("b", 1, 3)
    mask = constant(np.array([[1.0], [0.0]]), "float64")

    def first_row(_: Node, dx: Node | None) -> Node:
        assert dx is not None
        return dx * mask

    y = sum_over(batch_sum(tanh(Node(spoiled(Add(), 1, first_row), (x, b)))))
    (fault,) = blame(y, [b], values([x, b]), values_of, FIRST)
    assert fault.suggestions == ("a sum is missing: one of 2 terms is taken, and 2 is the length of axis -2 of the result",)


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (lambda x, dx: dx / tanh(x), "a factor is missing: the result"),
        (lambda x, dx: dx * x, "there is a factor too much: input 0"),
        (lambda x, dx: -dx / x, "a factor is missing: input 0, with the wrong sign"),
    ],
)
def test_a_factor_that_is_a_value(plant: Plant, words: str) -> None:
    x = leaf("x", 6)
    y = sum_over(Node(spoiled(Tanh(), 0, plant), (x,)))
    (fault,) = blame(y, [x], values([x]), values_of, FIRST)
    assert fault.suggestions == (words,)


def test_some_signs() -> None:
    x = leaf("x", 6)

    def some(_: Node, dx: Node | None) -> Node:
        assert dx is not None
        return dx * constant(np.array([1.0, -1, -1, 1, 1, -1]), "float64")

    y = sum_over(Node(spoiled(Multiply(), 0, some), (x, tanh(x))))
    (fault,) = blame(y, [x], values([x]), values_of, FIRST)
    assert fault.suggestions == ("some signs are wrong: the sizes are right",)


def test_what_is_not_finite_looks_like_nothing() -> None:
    x = leaf("x", 2)
    y = sum_over(x / (x - 1.0))
    faults = blame(y, [x], {x: np.array([1.0, 2.0])}, values_of, FIRST)
    assert [fault.suggestions for fault in faults if not np.isfinite(fault.evidence.found)] != []
    assert all(fault.suggestions == () for fault in faults)
