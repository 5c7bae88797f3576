"""Cross-entropy."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building, LayerError, counted, vector
from netcli.layers.layer import Loss
from netcli.ops import exp, first_maximum, log_softmax, one_hot, reshape, softmax, sum_over
from netcli.ops.softmax import LogSoftmax, Softmax


class CrossEntropy(Loss):
    """Cross-entropy between the classes' probabilities and the label: -log p[label], the mean over the batch.

    After softmax, the loss is computed from softmax's own input (the logits) as a log-softmax: the same value, but finite and
    exact for logits of any size; the softmax stays as the prediction. After log_softmax, its output is used as it is. After
    any other layer, its output is taken for logits. Metric: accuracy.
    """

    word = "cross_entropy"

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the target that is spread evenly over all classes (Szegedy et al., 2016)."""

    def build(self, building: Building, x: Node) -> Node:
        """(classes,) -> one number."""
        classes = building.target.classes
        if classes is None:
            raise LayerError("cross_entropy expects class labels, the data has values", hint="use mse, mae or huber")
        if vector(x, self.word) != classes:
            raise LayerError(
                f"cross_entropy expected {counted(classes, 'value')} per example, one per class of the data, "
                f"found {x.shape[0]}",
                hint=f"let the last dense layer have {counted(classes, 'unit')}",
            )
        if isinstance(x.op, Softmax):
            prediction, log_p = x, log_softmax(x.inputs[0])
        elif isinstance(x.op, LogSoftmax):
            prediction, log_p = exp(x), x
        else:
            prediction, log_p = softmax(x), log_softmax(x)
        label = one_hot(building.target.node, classes, x.type.dtype)
        building.predicts(prediction, accuracy=reshape(sum_over(first_maximum(log_p) * label, (-1,)), ()))
        target = label
        if self.label_smoothing:
            target = label * (1.0 - self.label_smoothing) + self.label_smoothing / classes
        return -reshape(sum_over(target * log_p, (-1,)), ())
