"""Parts of values, zeros around them, values side by side, axes in another order: against numpy's own indexing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netcli.autodiff import gradients, jvp
from netcli.errors import GraphError
from netcli.executors.numpy import values_of
from netcli.graph import Array, Node, TensorType, placeholder
from netcli.ops import concat, pad, part, transpose
from netcli.ops.concat import Concat
from netcli.ops.shape import Transpose
from netcli.ops.slice import Pad, Slice

SHAPE = (2, 3, 4)
BATCH = 2


def image(name: str = "x", shape: tuple[int, ...] = SHAPE) -> Node:
    return placeholder(name, TensorType(shape, "float64", varying=True))


def numbers(*shape: int, seed: int = 0) -> Array:
    """Whole numbers, so that sums are exact."""
    return np.random.default_rng([seed, *shape]).integers(-9, 10, (BATCH, *shape)).astype("float64")


def transposed(y: Node, x: Node, value: Array, g: Array) -> tuple[Array, Array]:
    """The value of y, and its cotangent g brought back to x."""
    cotangent = placeholder("g", y.type)
    found, dx = values_of([y, *gradients([y], [x], [cotangent])], {x: value, cotangent: g})
    return found, dx


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([-1, -2, -3]), st.data())
def test_a_part_and_zeros_around_it_are_transposes(axis: int, data: st.DataObject) -> None:
    length = SHAPE[axis]
    begin = data.draw(st.integers(0, length - 1))
    size = data.draw(st.integers(1, length - begin))
    places = [slice(None)] * 4
    places[axis] = slice(begin, begin + size)
    value = numbers(*SHAPE)
    g = numbers(*value[tuple(places)].shape[1:], seed=1)
    x = image()
    found, dx = transposed(part(x, axis, begin, size), x, value, g)
    np.testing.assert_array_equal(found, value[tuple(places)])
    around = np.zeros_like(value)
    around[tuple(places)] = g
    np.testing.assert_array_equal(dx, around)
    small = image(shape=g.shape[1:])
    found, dx = transposed(pad(small, axis, begin, length - begin - size), small, g, value)
    np.testing.assert_array_equal(found, around)
    np.testing.assert_array_equal(dx, value[tuple(places)])


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([-1, -2, -3]), st.lists(st.integers(1, 3), min_size=2, max_size=5))
def test_values_side_by_side(axis: int, lengths: list[int]) -> None:
    shapes = [tuple(n if place == axis else m for place, m in zip((-3, -2, -1), SHAPE, strict=True)) for n in lengths]
    xs = [image(f"x{i}", shape) for i, shape in enumerate(shapes)]
    values = [numbers(*shape, seed=i) for i, shape in enumerate(shapes)]
    joined = np.concatenate(values, axis)
    y, g = concat(xs, axis), numbers(*joined.shape[1:], seed=9)
    cotangent = placeholder("g", y.type)
    fed = {**dict(zip(xs, values, strict=True)), cotangent: g}
    found, *back = values_of([y, *gradients([y], xs, [cotangent])], fed)
    np.testing.assert_array_equal(found, joined)
    for dx, expected in zip(back, np.split(g, np.cumsum(lengths)[:-1], axis), strict=True):
        np.testing.assert_array_equal(dx, expected)


def test_of_the_tangents_of_values_side_by_side_those_that_are_missing_are_zero() -> None:
    xs = [image("a", (2,)), image("b", (1,)), image("c", (3,))]
    y = concat([xs[0], xs[1], xs[2]], -1)
    tangent = placeholder("t", xs[1].type)
    (dy,) = jvp([y], [xs[1]], [tangent])
    assert dy is not None
    (found,) = values_of([dy], {tangent: np.array([[5.0], [6.0]])})
    assert found.tolist() == [[0, 0, 5, 0, 0, 0], [0, 0, 6, 0, 0, 0]]


def test_the_same_value_twice_gets_both_parts() -> None:
    x = image(shape=(2,))
    g = np.array([[1.0, 2, 30, 40]])
    _, dx = transposed(concat([x, x], -1), x, np.zeros((1, 2)), g)
    assert dx.tolist() == [[31, 42]]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_axes_in_another_order(order: tuple[int, ...]) -> None:
    x, value = image(), numbers(*SHAPE)
    moved = [0, *(1 + axis for axis in order)]
    g = numbers(*(SHAPE[axis] for axis in order), seed=1)
    found, dx = transposed(transpose(x, order), x, value, g)
    np.testing.assert_array_equal(found, np.transpose(value, moved))
    np.testing.assert_array_equal(dx, np.transpose(g, np.argsort(moved)))


def test_what_changes_nothing_is_the_value_itself() -> None:
    x = image()
    assert part(x, -1, 0, 4) is pad(x, -1, 0, 0) is concat([x], -3) is x


def test_what_cannot_be() -> None:
    x, y = image(), image("y", (2, 5, 4))
    for build, message in [
        (lambda: part(x, -2, 2, 2), r"slice of the elements 2 to 3 of 3: float64\[n,2,3,4\]"),
        (lambda: part(x, -4, 0, 1), r"slice along the axis -4 of float64\[n,2,3,4\]: it has 3 axes"),
        (lambda: pad(x, -4, 1, 0), r"pad along the axis -4 of float64\[n,2,3,4\]: it has 3 axes"),
        (lambda: concat([x, y], -1), r"along the axis -1 .* in its length alone, found float64\[n,2,3,4\], float64\[n,2,5,4\]"),
        (lambda: transpose(x, (1, 0)), r"transpose of float64\[n,2,3,4\]: it has 3 axes, and 2 are put in order"),
        (lambda: Slice(0, 0, 1), "axes count from the right"),
        (lambda: Slice(-1, -1, 1), "slice of 1 elements from number -1"),
        (lambda: Slice(-1, 0, 0), "slice of 0 elements"),
        (lambda: Pad(-1, -1, 0), "pad by -1 before and 0 after"),
        (lambda: Concat(1), "axes count from the right"),
        (lambda: Node(Concat(-1), ()), "concat of nothing"),
        (lambda: Transpose((0, 0)), r"not each of the axes 0 to 1"),
    ]:
        with pytest.raises(GraphError, match=message):
            build()


def test_values_for_all_and_values_per_example_do_not_go_side_by_side() -> None:
    x, w = image(shape=(3,)), placeholder("w", TensorType((3,), "float64"))
    with pytest.raises(GraphError, match=r"found float64\[n,3\], float64\[3\]"):
        concat([x, w], -1)
