"""Cross-entropy."""

from __future__ import annotations

import math
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from netcli.graph import Array, Node
from netcli.layers.building import Building, LayerError, counted, vector
from netcli.layers.layer import Baseline, Loss
from netcli.layers.outputs import Form
from netcli.ops import exp, first_maximum, log_softmax, one_hot, reshape, softmax, sum_over


class CrossEntropy(Loss):
    """Cross-entropy between the classes' probabilities and the label: -log p[label], the mean over the batch.

    After softmax, the loss is computed from softmax's own input (the logits) as a log-softmax: the same value, but finite and
    exact for logits of any size; the softmax stays as the prediction. After log_softmax, its output is used as it is. Flatten
    and reshape in between change nothing of that; dropout in between is refused. After any other layer, its output is taken
    for logits. Metric: accuracy.
    """

    word = "cross_entropy"
    reads: ClassVar[frozenset[Form]] = frozenset({Form.CLASS_PROBABILITIES, Form.LOG_PROBABILITIES})

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
        if building.form is Form.CLASS_PROBABILITIES:
            prediction, log_p = x, log_softmax(building.logits(x))
        elif building.form is Form.LOG_PROBABILITIES:
            prediction, log_p = exp(x), x
        else:
            prediction, log_p = softmax(x), log_softmax(x)
        label = one_hot(building.target.node, classes, x.type.dtype)
        building.predicts(prediction, accuracy=reshape(sum_over(first_maximum(log_p) * label, (-1,)), ()))
        target = label
        if self.label_smoothing:
            kept = building.setting("one_minus_label_smoothing", 1.0 - self.label_smoothing)
            target = label * kept + building.setting("label_smoothing_per_class", self.label_smoothing / classes)
        return -reshape(sum_over(target * log_p, (-1,)), ())

    def baseline(self, targets: Array, classes: int | None) -> Baseline | None:
        """Of frequencies f as the prediction: -Σ t · log t with t = f, smoothed; of equal probabilities: ln(classes)."""
        if classes is None:
            return None
        shares = np.bincount(np.asarray(targets).reshape(-1), minlength=classes) / len(targets)
        smoothed = shares * (1 - self.label_smoothing) + self.label_smoothing / classes
        some = smoothed[smoothed > 0]
        return Baseline(float(-(some * np.log(some)).sum()), math.log(classes), f"ln {classes}")
