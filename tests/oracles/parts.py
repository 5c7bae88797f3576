"""What torch and ONNX have and netcli writes with several nodes: other pooling borders, other reductions, weighted losses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import starmap

import numpy as np

from netcli.graph import Array, Node, Shape, constant
from netcli.ops import (
    Window,
    absolute,
    avg_pool2d,
    batch_sum,
    greater,
    log_softmax,
    one_hot,
    reshape,
    select,
    softplus,
    sum_over,
    tanh,
)


def tanh_gelu(x: Node) -> Node:
    """The approximation by tanh of Hendrycks and Gimpel, 2016."""
    return x * 0.5 * (1.0 + tanh((x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)))


def huber(difference: Node, delta: float) -> Node:
    """Quadratic up to delta, then linear."""
    size = absolute(difference)
    return select(greater(size, delta), delta * (size - delta / 2), 0.5 * (difference * difference))


def everything(per_example: Node) -> Node:
    """The sum over all axes and the batch."""
    return batch_sum(one_number(per_example))


def one_number(per_example: Node) -> Node:
    """The sum over all axes of an example."""
    axes = tuple(range(-len(per_example.shape), 0))
    return reshape(sum_over(per_example, axes), ()) if axes else per_example


def reduced(per_example: Node, reduction: str, count: int) -> Node:
    """As it is, the sum, or the mean over `count` numbers."""
    match reduction:
        case "none":
            return per_example
        case "sum":
            return everything(per_example)
        case "mean":
            return everything(per_example) / float(count)
    raise ValueError(reduction)


def ceiled(image: Shape, window: Window) -> Window:
    """The window with more padding behind, so that places are counted upwards; none begins in that padding."""
    padding = list(window.padding)
    for axis in (0, 1):
        reach = window.dilation[axis] * (window.size[axis] - 1) + 1
        before, stride = padding[2 * axis], window.stride[axis]
        extent = image[axis] + before + padding[2 * axis + 1]
        places = -(-(extent - reach) // stride) + 1
        if (places - 1) * stride >= image[axis] + before:
            places -= 1
        padding[2 * axis + 1] += max((places - 1) * stride + reach - extent, 0)
    top, bottom, left, right = padding
    return Window(window.size, window.stride, (top, bottom, left, right), window.dilation)


def average(x: Node, window: Window, declared: Window, divisor: float | None = None) -> Node:
    """The mean over windows with the `declared` padding counted in; or the sum divided by a number.

    netcli's own mean is that of the places inside of the image. `window` may have more padding than is declared.
    """
    _, *image = x.shape
    inside = _places(window, image)
    if divisor is None:
        extra = tuple(starmap(int.__sub__, zip(window.padding, declared.padding, strict=True)))
        top, bottom, left, right = declared.padding
        padded = (image[0] + top + bottom, image[1] + left + right)
        counted = _places(Window(window.size, window.stride, extra, window.dilation), padded)  # type: ignore[arg-type]
    else:
        counted = np.full(inside.shape, divisor)
    return avg_pool2d(x, window) * constant((inside / counted)[None], x.type.dtype)


def _places(window: Window, image: Sequence[int]) -> Array:
    """How many places of each window lie in an image."""
    return np.asarray(window.gather(np, np.ones(tuple(image))).sum(axis=-3))


def label_loss(log_shares: Node, labels: Node, *, weights: Array | None, reduction: str, smoothing: float = 0.0) -> Node:
    """The negative log-likelihood of labels, with a weight for each class; a label of -1 counts nothing.

    The mean is that by weight. With smoothing, a share of the loss is that of all classes alike.
    """
    classes, dtype = log_shares.shape[0], log_shares.type.dtype
    weight = constant(np.ones(classes) if weights is None else weights, dtype)
    hot = one_hot(labels, classes, dtype)
    loss = -one_number(hot * log_shares * weight) * (1.0 - smoothing)
    if smoothing:
        loss = loss - one_number(log_shares * weight) * one_number(hot) * (smoothing / classes)
    if reduction == "mean":
        return batch_sum(loss) / batch_sum(one_number(hot * weight))
    return reduced(loss, reduction, 1)


def share_loss(logits: Node, shares: Node, weights: Array | None, smoothing: float) -> Node:
    """The cross-entropy of shares, one number per example."""
    classes, dtype = logits.shape[0], logits.type.dtype
    smoothed = shares * (1.0 - smoothing) + smoothing / classes if smoothing else shares
    weighted = smoothed * log_softmax(logits)
    return -one_number(weighted if weights is None else weighted * constant(weights, dtype))


def binary_loss(logits: Node, target: Node, positive: Node | float | None) -> Node:
    """The binary cross-entropy of logits; `positive` weighs the positive ones."""
    if positive is None:
        return softplus(logits) - target * logits
    return (1.0 - target) * logits + (1.0 + (positive - 1.0) * target) * softplus(-logits)
