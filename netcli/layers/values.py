"""What losses on values share."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

import numpy as np

from netcli.graph import Array, Node
from netcli.layers.building import Building, LayerError, Target, counted, shape_text
from netcli.layers.layer import Loss
from netcli.ops import absolute, cast, first_maximum, one_hot, reshape, sum_over, transpose


class ValueLoss(Loss):
    """A loss that is the mean of a distance between outputs and values, number by number."""

    target: Literal["data", "input"] = "data"
    """What the outputs are compared with: the targets of the data; or the inputs, standardised as the first layer gets them."""

    @property
    def of_input(self) -> bool:
        """Whether `target` says so."""
        return self.target == "input"

    @abstractmethod
    def distance(self, x: Node, y: Node) -> Node:
        """Of each output from its value."""

    def build(self, building: Building, x: Node) -> Node:
        """The shape of the target -> one number."""
        if self.of_input:
            y = self._input_as(building, x)
            building.predicts(x, mae=mean_of(absolute(x - y)))
        else:
            y = target_values(building.target, x, self.word)
            predict_values(building, x, y)
        return mean_of(self.distance(x, y))

    def _input_as(self, building: Building, x: Node) -> Node:
        """The standardised input, in the shape of the output. Raises LayerError."""
        y = building.standardised
        assert y is not None, "the input comes before the layers"
        if y.type.size != x.type.size:
            raise LayerError(
                f"{self.word} expected an output of the input's shape, {shape_text(y.shape)}, found {shape_text(x.shape)}",
                hint=f"let the last layer give {counted(y.type.size, 'value')}, or compare with the data: target: data",
                setting="target",
            )
        return reshape(y, x.shape)


def target_values(target: Target, x: Node, word: str, *, binary: bool = False) -> Node:
    """The target as values of the shape of `x`: values as they are, labels as 0 and 1. Raises LayerError.

    Labels become one number (`binary`, two classes, one output) or one number per class; labels of pixels so many images.
    """
    if target.classes is None:
        if target.shape not in {x.shape, ()} or (target.shape == () and x.type.size != 1):
            raise LayerError(
                f"{word} expected an output of the targets' shape, {shape_text(target.shape)}, found {shape_text(x.shape)}",
                hint=f"let the last dense layer have {counted(target.node.type.size, 'unit')}",
            )
        return reshape(cast(target.node, x.type.dtype), x.shape)
    outputs = 1 if binary and target.classes == 2 else target.classes
    if target.shape and x.shape != (outputs, *target.shape):
        raise wrong_pixels(target, x, word, outputs)
    if binary and target.classes == 2 and x.type.size == target.node.type.size:
        return reshape(cast(target.node, x.type.dtype), x.shape)
    if x.shape == (outputs, *target.shape):
        return classes_first(one_hot(target.node, target.classes, x.type.dtype))
    raise LayerError(
        f"{word} on {target.classes} classes expected {counted(outputs, 'output')}, found {shape_text(x.shape)}",
        hint=f"let the last dense layer have {counted(outputs, 'unit')}",
    )


def wrong_pixels(target: Target, x: Node, word: str, outputs: int) -> LayerError:
    """What to say of an output that does not go with labels of pixels."""
    expected, found = (shape_text(shape) for shape in ((outputs, *target.shape), x.shape))
    return LayerError(
        f"{word} on {target.classes} classes of pixels expected an output of {expected}, found {found}",
        hint=f"let the last convolution have {counted(outputs, 'filter')}, and bring the image to {shape_text(target.shape)}",
    )


def classes_last(x: Node) -> Node:
    """(classes, rows, columns) as (rows, columns, classes); a vector as it is."""
    return x if len(x.shape) == 1 else transpose(x, (*range(1, len(x.shape)), 0))


def classes_first(x: Node) -> Node:
    """(rows, columns, classes) as (classes, rows, columns); a vector as it is."""
    return x if len(x.shape) == 1 else transpose(x, (len(x.shape) - 1, *range(len(x.shape) - 1)))


def raw_values(targets: Array, classes: int | None, *, binary: bool = False) -> Array:
    """The same of raw targets, for a baseline: `(n, outputs)`, float64."""
    if classes is None or (binary and classes == 2):
        return np.asarray(targets, np.float64).reshape(len(targets), -1)
    values: Array = np.eye(classes)[np.asarray(targets)]
    return values.reshape(len(targets), -1)


def mean_of(x: Node) -> Node:
    """The mean of all values of an example: a number per example."""
    return sum_over(x) / float(x.type.size)


def mean_over_pixels(x: Node, target: Target) -> Node:
    """The sum of all values of an example, divided by the number of its labels."""
    return sum_over(x) / float(target.node.type.size) if target.shape else sum_over(x)


def accuracy_of(scores: Node, labels: Node, target: Target, axis: int) -> Node:
    """The share of labels, as zeros and ones along an axis, that have the greatest score."""
    return mean_over_pixels(first_maximum(scores, axis) * labels, target)


def predict_values(building: Building, x: Node, y: Node) -> None:
    """Predict x; the metric is accuracy where the targets are labels, otherwise the mean absolute error."""
    if building.target.classes is not None:
        building.predicts(x, accuracy=accuracy_of(x, y, building.target, -len(x.shape)))
    else:
        building.predicts(x, mae=mean_of(absolute(x - y)))
