"""Operations that move pixels, against their formula, pixel by pixel."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netcli.autodiff import gradients
from netcli.errors import GraphError
from netcli.executors.numpy import values_of
from netcli.graph import Array, TensorType, placeholder
from netcli.ops import reverse, shift2d
from netcli.ops.shape import Reverse
from netcli.ops.shift2d import Fill, Shift2D, Shift2DGrad

LAST = 2**31 - 1


def moved(x: Array, rows: int, columns: int, fill: Fill) -> tuple[Array, Array]:
    """One image moved; and where each of its pixels is from, -1 if from none: the formula of Shift2D."""
    _, h, w = x.shape
    y, sources = np.zeros_like(x), np.full((h, w, 2), -1)
    for i, j in itertools.product(range(h), range(w)):
        p, q = i - rows, j - columns
        if fill == "edge":
            p, q = min(max(p, 0), h - 1), min(max(q, 0), w - 1)
        if 0 <= p < h and 0 <= q < w:
            y[:, i, j] = x[:, p, q]
            sources[i, j] = p, q
    return y, sources


def moved_back(g: Array, sources: Array) -> Array:
    """What each pixel gets of the places that it was moved to."""
    dx = np.zeros_like(g)
    for i, j in itertools.product(*map(range, g.shape[1:])):
        p, q = sources[i, j]
        if p >= 0:
            dx[:, p, q] += g[:, i, j]
    return dx


@pytest.mark.parametrize("fill", ["zero", "edge"])
@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 2), st.integers(1, 5), st.integers(1, 5)),
    st.lists(st.tuples(*[st.integers(-7, 7) | st.sampled_from([LAST, -LAST - 1])] * 2), min_size=1, max_size=4),
    st.integers(0, 9),
)
def test_shifts_and_their_transpose(fill: Fill, image: tuple[int, int, int], shifts: list[tuple[int, int]], seed: int) -> None:
    """Each example by numbers of its own, within the image and beyond it. Whole numbers: sums are exact."""
    generator = np.random.default_rng(seed)
    x, g = (generator.integers(-9, 10, (len(shifts), *image)).astype("float64") for _ in range(2))
    rows, columns = np.array(shifts, "int32").T
    expected = [moved(image, r, c, fill) for image, (r, c) in zip(x, shifts, strict=True)]
    np.testing.assert_array_equal(Shift2D(fill).forward(np, x, rows, columns), [y for y, _ in expected])
    back = [moved_back(cotangent, sources) for cotangent, (_, sources) in zip(g, expected, strict=True)]
    np.testing.assert_array_equal(Shift2DGrad(fill).forward(np, g, rows, columns), back)


def test_a_positive_shift_is_down_and_to_the_right() -> None:
    x = np.arange(1.0, 7.0).reshape(1, 1, 2, 3)
    y = Shift2D("zero").forward(np, x, np.array([1], "int32"), np.array([2], "int32"))
    assert y.tolist() == [[[[0, 0, 0], [0, 0, 1]]]]


def test_what_is_no_number_is_moved_and_what_is_moved_out_is_gone() -> None:
    x = np.array([[[[np.nan, 1.0], [np.inf, 2.0]]]])
    one = np.array([1], "int32")
    np.testing.assert_array_equal(Shift2D("zero").forward(np, x, one, 0 * one), [[[[0, 0], [np.nan, 1]]]])
    np.testing.assert_array_equal(Shift2DGrad("zero").forward(np, x, one, -one), [[[[0, np.inf], [0, 0]]]])


@pytest.mark.parametrize("axis", [-1, -2, -3])
def test_reverse(axis: int) -> None:
    x = placeholder("x", TensorType((2, 3, 4), "float64", varying=True))
    value = np.arange(48.0).reshape(2, 2, 3, 4)
    weights = placeholder("weights", x.type)
    y = reverse(x, axis)
    found, dx, twice = values_of([y, *gradients([y], [x], [weights]), reverse(y, axis)], {x: value, weights: value})
    slices = tuple(slice(None, None, -1) if a - 4 == axis else slice(None) for a in range(4))
    np.testing.assert_array_equal(found, value[slices])
    np.testing.assert_array_equal(dx, value[slices])
    np.testing.assert_array_equal(twice, value)


def test_axes_that_are_not_there() -> None:
    x = placeholder("x", TensorType((4,), "float32", varying=True))
    with pytest.raises(GraphError, match=r"reverse along the axis -2 of float32\[n,4\]: it has 1 axes"):
        reverse(x, -2)
    with pytest.raises(GraphError, match="axes count from the right"):
        Reverse(0)


def test_a_shift_needs_whole_numbers_for_each_example() -> None:
    x, by = (placeholder(name, TensorType(shape, varying=True)) for name, shape in [("x", (1, 2, 2)), ("by", ())])
    with pytest.raises(GraphError, match=r"expected numbers of pixels, int32\[n\], found float32\[n\] and float32\[n\]"):
        shift2d(x, by, by)
