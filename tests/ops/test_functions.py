"""Functions of one number, softmax, arithmetic: against the standard library, and where overflow threatens."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from netcli.autodiff import gradients
from netcli.executors.numpy import values_of
from netcli.graph import Array, DType, Node, TensorType, placeholder
from netcli.ops import (
    batch_mean,
    cast,
    cos,
    erf,
    exp,
    expm1,
    greater,
    log,
    log_softmax,
    norm,
    one_hot,
    select,
    sigmoid,
    sin,
    softmax,
    softplus,
    sqrt,
    sum_over,
    tanh,
    total,
)

FLOATS = ("float32", "float64")
HUGE = [-1e30, -1e4, -800.0, 0.0, 800.0, 1e4, 1e30]


def apply(function: Callable[[Node], Node], value: Array) -> Array:
    x = placeholder("x", TensorType(value.shape, str(value.dtype)))  # type: ignore[arg-type]
    return values_of([function(x)], {x: value})[0]


def slope(function: Callable[[Node], Node], value: Array) -> Array:
    x = placeholder("x", TensorType(value.shape, str(value.dtype)))  # type: ignore[arg-type]
    return values_of(gradients([function(x)], [x]), {x: value})[0]


@pytest.mark.parametrize(
    ("function", "exact"),
    [
        (exp, math.exp), (expm1, math.expm1), (log, math.log), (sqrt, math.sqrt), (tanh, math.tanh), (sin, math.sin),
        (cos, math.cos), (sigmoid, lambda x: 1 / (1 + math.exp(-x))), (softplus, lambda x: math.log1p(math.exp(x))),
    ],
    ids=lambda function: function.__name__,
)  # fmt: skip
def test_functions_of_the_standard_library(function: Callable[[Node], Node], exact: Callable[[float], float]) -> None:
    grid = np.linspace(0.01, 20, 997)
    grid = grid if function in (log, sqrt) else np.concatenate([-grid, grid])
    np.testing.assert_allclose(apply(function, grid), [exact(x) for x in grid], rtol=1e-15, atol=1e-300)


@pytest.mark.parametrize("dtype", FLOATS)
def test_error_function(dtype: DType) -> None:
    """The approximation's own error is 1.2e-16. Rounding adds most above 0.47, where the result is one less about a half."""
    size = np.concatenate([np.logspace(-300 if dtype == "float64" else -37, -1, 500), np.linspace(0.1, 7, 20_000)])
    grid = np.concatenate([-size, [0.0], size, [1e30, -1e30, np.inf]]).astype(dtype)
    exact = np.array([math.erf(float(x)) for x in grid])
    np.testing.assert_allclose(apply(erf, grid), exact, rtol={"float32": 4.8e-7, "float64": 4.4e-16}[dtype], atol=0)


def test_error_function_of_what_is_not_a_number() -> None:
    assert np.isnan(apply(erf, np.array([np.nan]))).all()


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    ("function", "values", "slopes"),
    [
        (sigmoid, [0, 0, 0, 0.5, 1, 1, 1], [0, 0, 0, 0.25, 0, 0, 0]),
        (softplus, [0, 0, 0, math.log(2), 800, 1e4, 1e30], [0, 0, 0, 0.5, 1, 1, 1]),
        (tanh, [-1, -1, -1, 0, 1, 1, 1], [0, 0, 0, 1, 0, 0, 0]),
        (erf, [-1, -1, -1, 0, 1, 1, 1], [0, 0, 0, 2 / math.sqrt(math.pi), 0, 0, 0]),
    ],
    ids=["sigmoid", "softplus", "tanh", "erf"],
)
def test_large_arguments(function: Callable[[Node], Node], values: list[float], slopes: list[float], dtype: DType) -> None:
    x = np.array(HUGE, dtype)
    np.testing.assert_allclose(apply(function, x), np.array(values, dtype), rtol=1e-6, atol=1e-300)
    np.testing.assert_allclose(slope(function, x), np.array(slopes, dtype), rtol=1e-6, atol=1e-300)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_softmax_of_large_logits(size: float, dtype: DType) -> None:
    x = np.array([[size, -size, 0.0], [size, size, -size], [0.0, 0.0, 0.0]], dtype)
    half, third = math.log(2), math.log(3)
    expected = [[0, -2 * size, -size], [-half, -half, -2 * size - half], [-third] * 3]
    np.testing.assert_allclose(apply(log_softmax, x), np.array(expected), rtol=1e-6)
    np.testing.assert_allclose(apply(softmax, x), [[1, 0, 0], [0.5, 0.5, 0], [1 / 3] * 3], rtol=1e-6)
    for function in (softmax, log_softmax):
        assert np.isfinite(slope(lambda z, f=function: f(z) * f(z), x)).all()  # type: ignore[misc]


def test_softmax_runs_along_the_last_axis() -> None:
    x = np.array([[0.0, math.log(3)], [math.log(4), 0.0]])
    np.testing.assert_allclose(apply(softmax, x), [[0.25, 0.75], [0.8, 0.2]], rtol=1e-15)
    np.testing.assert_allclose(apply(log_softmax, x), np.log([[0.25, 0.75], [0.8, 0.2]]), rtol=1e-15)


def test_operators_between_nodes_and_numbers() -> None:
    x = np.array([1.0, -2.0, 4.0])
    for function in (
        lambda v: v + 2, lambda v: 2 + v, lambda v: v - 3, lambda v: 3 - v, lambda v: v * 5, lambda v: 5 * v,
        lambda v: v / 4, lambda v: 4 / v, lambda v: -v, lambda v: v - v * v / (v + 7),
    ):  # fmt: skip
        np.testing.assert_array_equal(apply(function, x), function(x))


def test_a_number_takes_the_dtype_of_the_node() -> None:
    x = placeholder("x", TensorType((2,), "float32"))
    assert (0.1 * x).type.dtype == "float32"
    assert (x + 1).type == x.type


def test_reductions() -> None:
    x = np.arange(6.0).reshape(2, 3)
    assert apply(sum_over, x).item() == 15
    assert apply(lambda v: sum_over(v, (-2,)), x).tolist() == [[3, 5, 7]]
    assert apply(norm, np.array([3.0, 4.0])).item() == 5


def test_the_mean_is_over_the_examples_that_there_are() -> None:
    x = placeholder("x", TensorType((), "float32", varying=True))
    for batch in ([4.0], [1.0, 2.0, 6.0]):
        (mean,) = values_of([batch_mean(x)], {x: np.array(batch, "float32")})
        assert mean == np.mean(batch)


def test_total_adds_what_is_there() -> None:
    x, y = (placeholder(label, TensorType((), "float64")) for label in "xy")
    assert total(None, None) is None
    assert total(None, x) is x
    assert total(x, None, y) is x + y


def test_labels_as_vectors() -> None:
    labels = placeholder("labels", TensorType((), "int32", varying=True))
    (vectors,) = values_of([one_hot(labels, 3, "float32")], {labels: np.array([2, 0, 3, -1], "int32")})
    assert vectors.tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert vectors.dtype == "float32"


def test_comparison_choice_and_conversion() -> None:
    x = np.array([-1.0, 0.0, 3.0])
    assert apply(lambda v: greater(v, 0.0), x).tolist() == [False, False, True]
    assert apply(lambda v: greater(0.0, v), x).tolist() == [True, False, False]
    assert apply(lambda v: select(greater(v, 0.0), v, -7.0), x).tolist() == [-7, -7, 3]
    assert apply(lambda v: cast(greater(v, 0.0), "float32"), x).tolist() == [0, 0, 1]
    assert apply(lambda v: cast(v, "int32"), np.array([2.9, -2.9])).tolist() == [2, -2]


def test_a_choice_hides_what_was_not_chosen() -> None:
    x = placeholder("x", TensorType((2,), "float64"))
    y = select(greater(x, 0.0), log(x), 0.0)
    value, gradient = values_of([y, *gradients([y], [x])], {x: np.array([-1.0, 2.0])})
    assert value.tolist() == [0, math.log(2)]  # and not the NaN that log(-1) is
    assert gradient.tolist() == [0, 0.5]
