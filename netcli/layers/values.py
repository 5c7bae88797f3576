"""What losses on values share."""

from __future__ import annotations

import numpy as np

from netcli.graph import Array, Node
from netcli.layers.building import Building, LayerError, Target, counted, shape_text
from netcli.ops import absolute, cast, first_maximum, one_hot, reshape, sum_over


def target_values(target: Target, x: Node, word: str, *, binary: bool = False) -> Node:
    """The target as values of the shape of `x`: values as they are, labels as 0 and 1. Raises LayerError.

    Labels become one number (`binary`, two classes, one output) or one number per class.
    """
    if target.classes is None:
        if target.shape not in {x.shape, ()} or (target.shape == () and x.type.size != 1):
            raise LayerError(
                f"{word} expected an output of the targets' shape, {shape_text(target.shape)}, found {shape_text(x.shape)}",
                hint=f"let the last dense layer have {counted(target.node.type.size, 'unit')}",
            )
        return reshape(cast(target.node, x.type.dtype), x.shape)
    if binary and target.classes == 2 and x.type.size == 1:
        return reshape(cast(target.node, x.type.dtype), x.shape)
    if x.shape == (target.classes,) and not (binary and target.classes == 2):
        return one_hot(target.node, target.classes, x.type.dtype)
    units = 1 if binary and target.classes == 2 else target.classes
    raise LayerError(
        f"{word} on {target.classes} classes expected {counted(units, 'output')}, found {shape_text(x.shape)}",
        hint=f"let the last dense layer have {counted(units, 'unit')}",
    )


def raw_values(targets: Array, classes: int | None, *, binary: bool = False) -> Array:
    """The same of raw targets, for a baseline: `(n, outputs)`, float64."""
    if classes is None:
        return np.asarray(targets, np.float64).reshape(len(targets), -1)
    if binary and classes == 2:
        return np.asarray(targets, np.float64).reshape(-1, 1)
    values: Array = np.eye(classes)[np.asarray(targets)]
    return values


def mean_of(x: Node) -> Node:
    """The mean of all values of an example: a number per example."""
    return sum_over(x) / float(x.type.size)


def predict_values(building: Building, x: Node, y: Node) -> None:
    """Predict x; the metric is accuracy where the targets are labels, otherwise the mean absolute error."""
    if building.target.classes is not None:
        building.predicts(x, accuracy=reshape(sum_over(first_maximum(x) * y, (-1,)), ()))
    else:
        building.predicts(x, mae=mean_of(absolute(x - y)))
