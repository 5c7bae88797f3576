"""Convolution and its two gradients against their definition, written as loops."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from netcli.autodiff import gradients
from netcli.errors import GraphError
from netcli.executors.numpy import values_of
from netcli.graph import Array, TensorType, placeholder
from netcli.ops import Window, conv2d
from netcli.ops.conv2d import Conv2D

pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


def by_definition(x: Array, w: Array, g: Array, window: Window, groups: int) -> tuple[Array, Array, Array]:
    """y, dx and dw: of each product g·w·x of the sum, what stands beside g, x and w."""
    y, dx, dw = np.zeros(g.shape), np.zeros(x.shape), np.zeros(w.shape)
    (top, _, left, _), (down, right), (far, wide) = window.padding, window.stride, window.dilation
    per_group = w.shape[0] // groups
    for n, k, i, j in product(*map(range, g.shape)):
        for c, r, s in product(*map(range, w.shape[1:])):
            channel = k // per_group * w.shape[1] + c
            row, column = i * down + r * far - top, j * right + s * wide - left
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                y[n, k, i, j] += w[k, c, r, s] * x[n, channel, row, column]
                dx[n, channel, row, column] += w[k, c, r, s] * g[n, k, i, j]
                dw[k, c, r, s] += x[n, channel, row, column] * g[n, k, i, j]
    return y, dx, dw


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    image=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    size=pairs,
    stride=pairs,
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    padding=st.tuples(*[st.integers(0, 2)] * 4),
    groups=st.integers(1, 3),
    channels=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    batch=st.integers(1, 2),
)
def test_convolution_and_its_gradients(
    image: tuple[int, int],
    size: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int, int, int],
    groups: int,
    channels: tuple[int, int],
    batch: int,
) -> None:
    window = Window(size, stride, padding, dilation)
    padded = (image[0] + padding[0] + padding[1], image[1] + padding[2] + padding[3])
    assume(all(n > d * (k - 1) for n, d, k in zip(padded, dilation, size, strict=True)))
    x = placeholder("x", TensorType((channels[0] * groups, *image), "float64", varying=True))
    w = placeholder("w", TensorType((channels[1] * groups, channels[0], *size), "float64"))
    y = conv2d(x, w, window, groups)
    g = placeholder("g", y.type)
    generator = np.random.default_rng(0)
    values = {
        node: generator.integers(-9, 10, ((batch, *node.shape) if node.type.varying else node.shape)).astype(float)
        for node in (x, w, g)
    }
    expected = by_definition(values[x], values[w], values[g], window, groups)
    for found, right in zip(values_of([y, *gradients([y], [x, w], [g])], values), expected, strict=True):
        np.testing.assert_array_equal(found, right)  # integers: every order of summation gives the same


@pytest.mark.parametrize(
    ("images", "filters", "groups", "message"),
    [
        ((3, 8, 8), (4, 2, 3, 3), 1, "with 1 groups cannot apply filters float32[4,2,3,3] to images float32[n,3,8,8]"),
        ((4, 8, 8), (3, 2, 3, 3), 2, "with 2 groups cannot apply filters float32[3,2,3,3]"),
        ((3, 8), (4, 3, 3, 3), 1, "expected varying images of shape (channels, rows, columns), found float32[n,3,8]"),
        ((3, 8, 8), (4, 3, 5, 5), 1, "expected uniform filters (k, c, 3, 3), found float32[4,3,5,5]"),
        ((3, 2, 8), (4, 3, 3, 3), 1, "a window of 3x3 does not fit into an image of 2x8"),
    ],
)
def test_what_does_not_fit_is_refused(images: tuple[int, ...], filters: tuple[int, ...], groups: int, message: str) -> None:
    with pytest.raises(GraphError) as caught:
        Conv2D(Window((3, 3)), groups).infer(TensorType(images, varying=True), TensorType(filters))
    assert message in caught.value.message


def test_flops_are_two_for_each_product() -> None:
    """Eight filters of 3 × 5 × 5 over a 10 × 10 image give 8 · 6 · 6 sums of 75 products."""
    op = Conv2D(Window((5, 5)))
    x, w = TensorType((3, 10, 10), varying=True), TensorType((8, 3, 5, 5))
    assert op.flops(op.infer(x, w), x, w) == 2 * 8 * 6 * 6 * 75
