"""Pooling against its definition, written as loops; the values are small integers, so that maxima tie."""

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
from netcli.ops import Window, avg_pool2d, max_pool2d


def by_definition(x: Array, g: Array, window: Window) -> tuple[Array, Array, Array, Array]:
    """The maximum of each window and its gradient, the mean of each window and its gradient."""
    highest, mean, of_highest, of_mean = np.zeros(g.shape), np.zeros(g.shape), np.zeros(x.shape), np.zeros(x.shape)
    top, _, left, _ = window.padding
    for n, c, i, j in product(*map(range, g.shape)):
        places = []
        for r, s in product(*map(range, window.size)):
            row = i * window.stride[0] + r * window.dilation[0] - top
            column = j * window.stride[1] + s * window.dilation[1] - left
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                places.append((n, c, row, column))
        first = max(places, key=lambda place: x[place])  # the first of equal ones
        highest[n, c, i, j], mean[n, c, i, j] = x[first], np.mean([x[place] for place in places])
        of_highest[first] += g[n, c, i, j]
        for place in places:
            of_mean[place] += g[n, c, i, j] / len(places)
    return highest, of_highest, mean, of_mean


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(
    image=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    size=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    dilation=st.tuples(st.integers(1, 2), st.integers(1, 2)),
    padding=st.tuples(*[st.integers(0, 2)] * 4),
    seed=st.integers(0, 9),
)
def test_pooling_and_its_gradients(
    image: tuple[int, int],
    size: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: tuple[int, int, int, int],
    seed: int,
) -> None:
    window = Window(size, stride, padding, dilation)
    padded = (image[0] + padding[0] + padding[1], image[1] + padding[2] + padding[3])
    assume(all(n > d * (k - 1) for n, d, k in zip(padded, dilation, size, strict=True)))
    x = placeholder("x", TensorType((2, *image), "float64", varying=True))
    covered = window.gather(np, np.ones(image)).any(axis=-3).all()
    if not covered:
        for pool in (max_pool2d, avg_pool2d):
            with pytest.raises(GraphError, match="lies wholly in its padding"):
                pool(x, window)
        return
    y, mean = max_pool2d(x, window), avg_pool2d(x, window)
    g = placeholder("g", y.type)
    generator = np.random.default_rng(seed)
    values = {node: generator.integers(-2, 3, (2, *node.shape)).astype(float) for node in (x, g)}
    nodes = [y, *gradients([y], [x], [g]), mean, *gradients([mean], [x], [g])]
    for found, right in zip(values_of(nodes, values), by_definition(values[x], values[g], window), strict=True):
        np.testing.assert_allclose(found, right, rtol=0, atol=1e-13)


def test_the_message_says_which_window() -> None:
    x = placeholder("x", TensorType((1, 4, 4), varying=True))
    for pool, name in ((max_pool2d, "max_pool2d"), (avg_pool2d, "avg_pool2d")):
        with pytest.raises(GraphError, match=f"window of {name}, 2x2, lies wholly in its padding"):
            pool(x, Window((2, 2), padding=(2, 0, 0, 0)))
