"""Reverse and forward mode against derivatives worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from planted import Ruleless

from netcli.autodiff import gradients, jvp
from netcli.errors import MissingRuleError, NoPathError
from netcli.executors.numpy import values_of
from netcli.graph import Array, Node, TensorType, constant, layer, placeholder, variable
from netcli.ops import (
    batch_mean,
    batch_sum,
    cast,
    dense,
    exp,
    first_maximum,
    greater,
    log_softmax,
    one_hot,
    random_uniform,
    relu,
    reshape,
    select,
    sigmoid,
    sum_over,
)

POINT = np.array([0.5, -1.5, 2.0])


def leaf(*shape: int, label: str = "x", varying: bool = False) -> Node:
    return placeholder(label, TensorType(shape, "float64", varying))


def slope(function: Callable[[Node], Node], at: Array = POINT, order: int = 1) -> Array:
    """The derivative of some order of a function of one number, at several numbers."""
    x = leaf(*at.shape)
    y = function(x)
    for _ in range(order):
        (y,) = gradients([y], [x], unconnected="zero")
    return values_of([y], {x: at})[0]


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (lambda x: x * x * x, lambda x: 3 * x**2),
        (lambda x: 1.0 / x, lambda x: -(x**-2)),
        (lambda x: exp(x * x), lambda x: 2 * x * np.exp(x**2)),
        (lambda x: x - x, lambda x: 0 * x),
        (sigmoid, lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
        (lambda x: -x * 2.0 + x / 4.0, lambda x: 0 * x - 1.75),
    ],
)  # fmt: skip
def test_first_derivatives(function: Callable[[Node], Node], derivative: Callable[[Array], Array]) -> None:
    np.testing.assert_allclose(slope(function), derivative(POINT), rtol=1e-14)


def test_second_and_third_derivatives() -> None:
    np.testing.assert_allclose(slope(lambda x: x * x * x, order=2), 6 * POINT, rtol=1e-14)
    np.testing.assert_allclose(slope(lambda x: x * x * x, order=3), np.full(3, 6.0), rtol=1e-14)
    np.testing.assert_array_equal(slope(lambda x: x * x * x, order=4), np.zeros(3))


def test_derivatives_of_the_logistic_function() -> None:
    """σ' = σ(1-σ), σ'' = σ'(1-2σ), σ''' = σ'(1-6σ+6σ²)."""
    s = 1 / (1 + np.exp(-POINT))
    d = s * (1 - s)
    for order, expected in enumerate([s, d, d * (1 - 2 * s), d * (1 - 6 * s + 6 * s**2)]):
        np.testing.assert_allclose(slope(sigmoid, order=order), expected, rtol=1e-13)


def test_a_shared_node_gets_the_sum_of_what_its_users_give() -> None:
    x = leaf()
    shared = x * x
    y = shared * 3.0 + exp(shared) + shared
    (gradient,) = values_of(gradients([y], [x]), {x: np.array(0.7)})
    np.testing.assert_allclose(gradient, (4 + np.exp(0.49)) * 1.4, rtol=1e-14)


def test_several_ys_are_added() -> None:
    x = leaf(3)
    (gradient,) = values_of(gradients([x * x, 5.0 * x], [x]), {x: POINT})
    np.testing.assert_array_equal(gradient, 2 * POINT + 5)


def test_grad_ys_weigh_the_ys() -> None:
    x = leaf(3)
    weights = constant([1.0, 10.0, 100.0], "float64")
    (gradient,) = values_of(gradients([x * x], [x], [weights]), {x: POINT})
    np.testing.assert_array_equal(gradient, 2 * POINT * [1, 10, 100])


def test_a_y_that_is_an_x_has_the_gradient_one() -> None:
    x = leaf(3)
    assert values_of(gradients([x], [x]), {x: POINT})[0].tolist() == [1, 1, 1]


def test_an_x_in_the_middle_of_the_graph() -> None:
    x = leaf(3)
    middle = exp(x)
    of_middle, of_x = values_of(gradients([middle * middle], [middle, x]), {x: POINT})
    np.testing.assert_allclose(of_middle, 2 * np.exp(POINT), rtol=1e-15)
    np.testing.assert_allclose(of_x, 2 * np.exp(2 * POINT), rtol=1e-14)


def test_softmax_regression() -> None:
    """The mean over n of -log p[label] has the gradients xᵀ(p - one_hot)/n of the weights, Σ(p - one_hot)/n of the bias."""
    x, labels = leaf(4, varying=True), placeholder("labels", TensorType((), "int32", varying=True))
    w, b = leaf(4, 3, label="w"), leaf(3, label="b")
    loss = batch_mean(-sum_over(log_softmax(dense(x, w) + b) * one_hot(labels, 3, "float64")))
    generator = np.random.default_rng(0)
    values = {x: generator.normal(size=(5, 4)), w: generator.normal(size=(4, 3)), b: generator.normal(size=3)}
    values[labels] = np.array([0, 2, 1, 1, 0], "int32")
    logits = values[x] @ values[w] + values[b]
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected_loss = -np.mean(np.log(p[np.arange(5), values[labels]]))
    error = (p - np.eye(3)[values[labels]]) / 5
    found = values_of([loss, *gradients([loss], [w, b, x])], values)
    for value, expected in zip(found, [expected_loss, values[x].T @ error, error.sum(0), error @ values[w].T], strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-15)


def test_gradients_have_the_type_of_their_x() -> None:
    x, w = leaf(4, varying=True), leaf(label="w")
    for node, gradient in zip((x, w), gradients([sum_over(x * w)], [x, w]), strict=True):
        assert gradient.type == node.type


def test_backward_nodes_belong_to_their_forward_node() -> None:
    x = leaf(3)
    with layer("bend", 7):
        y = relu(x)
    (gradient,) = gradients([y * y], [x])
    assert gradient.op.name == "select"
    assert (gradient.origin.layer, gradient.origin.line, gradient.origin.phase) == ("bend", 7, "backward")
    assert gradient.origin.forward is y


# ----------------------------------------------------------------------------------------------- where gradients end


def unused() -> Node:
    return variable("unused", (2,), lambda generator, shape: np.zeros(shape), dtype="float64")


def test_an_unconnected_variable_is_an_error_that_says_so() -> None:
    x = leaf(3)
    with pytest.raises(NoPathError) as caught:
        gradients([x * x], [x, unused()])
    assert caught.value.message == "variable unused has no gradient: nothing that is differentiated depends on it"


def test_an_unconnected_variable_may_have_the_gradient_zero() -> None:
    x, w = leaf(3), unused()
    one, other = gradients([x * x], [x, w], unconnected="zero")
    assert other.type == w.type
    assert values_of([one, other], {x: POINT, w: np.ones(2)})[1].tolist() == [0, 0]


def test_a_path_that_ends_at_a_comparison() -> None:
    x = leaf(3)
    with layer("threshold", 4):
        mask = greater(x, 0.0)
    with pytest.raises(NoPathError) as caught:
        gradients([cast(mask, "float64")], [x])
    assert caught.value.message == (
        "placeholder x has no gradient: greater of layer threshold, line 4 gives bool, which has no derivative"
    )


def test_a_path_whose_derivative_is_zero() -> None:
    x = leaf(3)
    with pytest.raises(NoPathError, match="the derivative of first_maximum of layer top is zero"), layer("top"):
        gradients([first_maximum(x)], [x])


def test_a_comparison_beside_the_path_does_no_harm() -> None:
    x = leaf(3)
    (gradient,) = values_of(gradients([select(greater(x, 0.0), x * x, 0.0)], [x]), {x: POINT})
    assert gradient.tolist() == [1, 0, 4]


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_an_operation_without_a_rule_is_named_with_its_layer(mode: str) -> None:
    x = leaf(3)
    with layer("strange", 9):
        y = Node(Ruleless(), (x,))
    with pytest.raises(MissingRuleError) as caught:
        gradients([y * y], [x]) if mode == "reverse" else jvp([y * y], [x], [x])
    assert (
        caught.value.message == "ruleless of layer strange, line 9 has no derivative rule, but a gradient must pass through it"
    )
    assert "give Ruleless a vjp and a jvp" in str(caught.value.hint)


def test_an_operation_without_a_rule_beside_the_path_does_no_harm() -> None:
    x, w = leaf(3), leaf(3, label="w")
    y = w * Node(Ruleless(), (x,))
    assert values_of(gradients([y], [w]), {x: POINT, w: POINT})[0].tolist() == POINT.tolist()
    assert values_of(jvp([y], [w], [w]), {x: POINT, w: POINT})[0].tolist() == (POINT * POINT).tolist()


# ------------------------------------------------------------------------------------------------------ forward mode


def test_tangents_of_a_product() -> None:
    x, y, dx, dy = (leaf(3, label=label) for label in ("x", "y", "dx", "dy"))
    values = {x: POINT, y: POINT + 1, dx: POINT * 2, dy: POINT - 3}
    (tangent,) = values_of(jvp([x * y], [x, y], [dx, dy]), values)
    np.testing.assert_allclose(tangent, values[dx] * values[y] + values[x] * values[dy], rtol=1e-15)


def test_a_tangent_of_what_does_not_move_is_zero() -> None:
    x, w = leaf(3), leaf(2, label="w", varying=True)
    tangent, other = jvp([exp(w), x * x], [x], [x])
    assert tangent.type == w.type
    values = {x: POINT, w: np.ones((4, 2))}
    assert values_of([tangent, other], values)[0].tolist() == [[0, 0]] * 4
    assert values_of([other], values)[0].tolist() == (2 * POINT * POINT).tolist()


def test_forward_over_reverse_is_a_column_of_the_hessian() -> None:
    """f = x₀²x₁ + x₁x₂: H = [[2x₁, 2x₀, 0], [2x₀, 0, 1], [0, 1, 0]]."""
    x, u = leaf(3), leaf(3, label="u")
    parts = [sum_over(x * constant(row, "float64")) for row in np.eye(3)]
    f = parts[0] * parts[0] * parts[1] + parts[1] * parts[2]
    (product,) = jvp(gradients([f], [x]), [x], [u])
    hessian = np.array([[2 * POINT[1], 2 * POINT[0], 0], [2 * POINT[0], 0, 1], [0, 1, 0]])
    for column in np.eye(3):
        np.testing.assert_allclose(values_of([product], {x: POINT, u: column})[0], hessian @ column, rtol=1e-14, atol=1e-15)


# ---------------------------------------------------------------------------------------------------------- dropout


def test_dropout_gives_its_gradient_to_what_it_kept() -> None:
    seed, step = (placeholder(label, TensorType((), "uint32")) for label in ("seed", "step"))
    x, w = leaf(6, varying=True), leaf(6, label="w")
    hidden = x * w
    kept = greater(random_uniform(seed, step, hidden, (6,), 0), 0.4)
    y = select(kept, hidden / 0.6, 0.0)
    values = {x: np.random.default_rng(1).normal(size=(50, 6)), w: np.arange(1.0, 7)}
    values |= {seed: np.array(3, "uint32"), step: np.array(0, "uint32")}
    mask, gradient, tangent = values_of([kept, *gradients([y], [w]), *jvp([y], [w], [w])], values)
    assert 0.4 < mask.mean() < 0.8
    np.testing.assert_allclose(gradient, (mask * values[x] / 0.6).sum(0), rtol=1e-12)
    np.testing.assert_allclose(tangent, mask * values[x] * values[w] / 0.6, rtol=1e-12)


def test_a_batch_mean_divides_by_the_batch_in_both_modes() -> None:
    x, w = leaf(varying=True), leaf(label="w")
    y = batch_mean(reshape(x, ()) * w)
    values = {x: np.array([1.0, 2.0, 6.0]), w: np.array(2.0)}
    assert [value.item() for value in values_of([*gradients([y], [w]), *jvp([y], [w], [w])], values)] == [3, 6]
    assert values_of(gradients([batch_sum(x * w)], [x]), values)[0].tolist() == [2, 2, 2]
