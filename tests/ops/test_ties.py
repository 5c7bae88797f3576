"""What every executor must do the same way where a derivative jumps: at exact zeros and exact ties."""

from __future__ import annotations

import numpy as np
import pytest

from netcli.autodiff import gradients, jvp
from netcli.autodiff.gradcheck import check_operation
from netcli.executors.numpy import values_of
from netcli.graph import Array, Node, Sample, TensorType, constant, placeholder, varying
from netcli.ops import Window, absolute, clip, first_maximum, max_over, max_pool2d, maximum, minimum, relu

ZERO = [-1.0, -0.0, 0.0, 2.0]


def vector(n: int) -> Node:
    return placeholder("x", TensorType((n,), "float64"))


def both_modes(y: Node, x: Node, value: Array) -> list[Array]:
    """The derivative of Σy by reverse mode, and the tangent of y by forward mode for a tangent of ones."""
    reverse = gradients([y], [x])
    forward = jvp([y], [x], [constant(np.ones(x.shape), "float64")])
    return values_of([*reverse, *forward], {x: value})


def test_relu_of_zero_has_the_derivative_zero() -> None:
    x = vector(4)
    for derivative in both_modes(relu(x), x, np.array(ZERO)):
        assert derivative.tolist() == [0, 0, 0, 1]


def test_relu_keeps_what_is_not_a_number() -> None:
    x = vector(3)
    (y,) = values_of([relu(x)], {x: np.array([np.nan, -np.inf, np.inf])})
    np.testing.assert_array_equal(y, [np.nan, 0, np.inf])


def test_absolute_value_of_zero_has_the_derivative_zero() -> None:
    x = vector(4)
    for derivative in both_modes(absolute(x), x, np.array(ZERO)):
        assert derivative.tolist() == [-1, 0, 0, 1]


def test_first_of_equal_maxima_gets_the_gradient() -> None:
    x = placeholder("x", TensorType((2, 4), "float64"))
    value = np.array([[1.0, 3.0, 3.0, 2.0], [5.0, 5.0, 5.0, 5.0]])
    (gradient,) = values_of(gradients([max_over(x, -1)], [x]), {x: value})
    assert gradient.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0]]
    (gradient,) = values_of(gradients([max_over(x, -2)], [x]), {x: np.array([[1.0, 2, 3, 4], [1.0, 1, 5, 4]])})
    assert gradient.tolist() == [[1, 1, 0, 1], [0, 0, 1, 0]]


def test_forward_mode_takes_the_tangent_of_the_first_maximum() -> None:
    x = vector(3)
    (tangent,) = jvp([max_over(x)], [x], [constant([10.0, 20.0, 30.0], "float64")])
    assert values_of([tangent], {x: np.array([1.0, 7.0, 7.0])})[0].tolist() == [20]


def test_first_maximum_is_one_place() -> None:
    x = placeholder("x", TensorType((2, 3), "float64"))
    (mask,) = values_of([first_maximum(x, -1)], {x: np.array([[4.0, 4.0, 1.0], [0.0, 0.0, 0.0]])})
    assert mask.tolist() == [[1, 0, 0], [1, 0, 0]]


def test_max_pooling_gives_its_gradient_to_the_first_maximum_in_row_major_order() -> None:
    x = placeholder("x", TensorType((1, 2, 4), "float64", varying=True))
    image = np.array([[[[0.0, 7.0, 3.0, 3.0], [7.0, 7.0, 3.0, 3.0]]]])
    (gradient,) = values_of(gradients([max_pool2d(x, Window((2, 2), (2, 2)))], [x]), {x: image})
    assert gradient.tolist() == [[[[0, 1, 1, 0], [0, 0, 0, 0]]]]


def test_padding_never_is_the_maximum() -> None:
    x = placeholder("x", TensorType((1, 1, 1), "float64", varying=True))
    pooled = max_pool2d(x, Window((3, 3), padding=(1, 1, 1, 1)))
    y, gradient = values_of([pooled, *gradients([pooled], [x])], {x: np.full((1, 1, 1, 1), -5.0)})
    assert (y.item(), gradient.item()) == (-5, 1)


def test_clip_at_its_limits_has_the_derivative_zero() -> None:
    x = vector(5)
    for derivative in both_modes(clip(x, -1.0, 2.0), x, np.array([-1.5, -1.0, 0.5, 2.0, 3.0])):
        assert derivative.tolist() == [0, 0, 1, 0, 0]


@pytest.mark.parametrize("limit", [-1.0, 2.0])
def test_clip_knows_its_kinks(limit: float) -> None:
    at_the_limit = Sample(clip(vector(1), -1.0, 2.0).op, (varying(2, low=limit, high=limit),))
    checks = {check.kind: check.verdict for check in check_operation(at_the_limit, values_of)}
    assert checks["reverse"] == "kink"


def test_clip_keeps_what_is_no_number() -> None:
    x = vector(1)
    (found,) = values_of([clip(x, 0.0, 6.0)], {x: np.array([np.nan])})
    assert np.isnan(found).all()


def test_minimum_and_maximum_prefer_the_first_on_a_tie() -> None:
    x, y = vector(3), placeholder("y", TensorType((3,), "float64"))
    values = {x: np.array([1.0, 2.0, 3.0]), y: np.array([3.0, 2.0, 1.0])}
    for function, expected in ((minimum, [1, 1, 0]), (maximum, [0, 1, 1])):
        dx, dy = values_of(gradients([function(x, y)], [x, y]), values)
        assert dx.tolist() == expected
        assert dy.tolist() == [1 - n for n in expected]


def test_padding_gets_no_gradient_even_where_the_image_is_minus_infinity() -> None:
    x = placeholder("x", TensorType((1, 2, 2), "float64", varying=True))
    (gradient,) = gradients([max_pool2d(x, Window((2, 2), padding=(1, 0, 1, 0)))], [x])
    (value,) = values_of([gradient], {x: np.full((1, 1, 2, 2), -np.inf)})
    assert value.tolist() == [[[[4, 0], [0, 0]]]]  # every window has the corner of the image as its first place inside
