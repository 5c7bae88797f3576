"""Mean and deviation of inputs, without a second copy of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from netcli.graph import Array

Granularity = Literal["all", "channel", "feature"]
_CHUNK = 1 << 20  # values converted to float64 at a time


def mean_and_deviation(inputs: Array, granularity: Granularity) -> tuple[Array, Array]:
    """Mean and standard deviation (of the population) over all examples of (n, *shape), in float64.

    all: over all positions, shape (1, ...); channel: over the positions of a channel, (c, 1, 1); feature: per position,
    shape. A constant has a deviation of exactly 0: values are taken relative to the first one, then the squares relative
    to the mean, so that nothing large cancels.
    """
    axes = _shared_axes(granularity, inputs.ndim)
    first = inputs[tuple(slice(0, 1) if axis in axes else slice(None) for axis in range(inputs.ndim))].astype(np.float64)
    count = inputs.size // first.size
    offset = sum(((chunk - first).sum(axes, keepdims=True) for chunk in _chunks(inputs)), np.zeros_like(first)) / count
    mean = first + offset
    squares = sum((np.square(chunk - mean).sum(axes, keepdims=True) for chunk in _chunks(inputs)), np.zeros_like(first))
    return mean[0], np.sqrt(squares / count)[0]


def _shared_axes(granularity: Granularity, dimensions: int) -> tuple[int, ...]:
    """The axes of (n, *shape) that share one number."""
    if granularity == "feature":
        return (0,)
    if granularity == "channel":
        return (0, *range(2, dimensions))
    return tuple(range(dimensions))


def _chunks(inputs: Array) -> Iterator[Array]:
    step = max(_CHUNK // (inputs.size // len(inputs)), 1)
    for start in range(0, len(inputs), step):
        yield inputs[start : start + step].astype(np.float64)
