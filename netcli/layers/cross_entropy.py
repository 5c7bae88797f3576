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
from netcli.layers.values import accuracy_of, classes_first, classes_last, mean_over_pixels, wrong_pixels
from netcli.ops import exp, log_softmax, one_hot, softmax


class CrossEntropy(Loss):
    """Cross-entropy between the classes' probabilities and the label: -log p[label], the mean over the batch.

    After softmax, the loss is computed from softmax's own input (the logits) as a log-softmax: the same value, but finite and
    exact for logits of any size; the softmax stays as the prediction. After log_softmax, its output is used as it is. Flatten
    and reshape in between change nothing of that; dropout in between is refused. After any other layer, its output is taken
    for logits. Metric: accuracy.
    Where each pixel of an image has a label, (rows, columns), the output of a convolution, (classes, rows, columns), is taken
    for logits; loss and accuracy are means over the pixels.
    """

    word = "cross_entropy"
    reads: ClassVar[frozenset[Form]] = frozenset({Form.CLASS_PROBABILITIES, Form.LOG_PROBABILITIES})

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the target that is spread evenly over all classes (Szegedy et al., 2016)."""

    def build(self, building: Building, x: Node) -> Node:
        """(classes,) -> one number; of pixels, (classes, rows, columns)."""
        target = building.target
        classes = self._checked(building, x)
        if building.form is Form.CLASS_PROBABILITIES:
            prediction, log_p = x, log_softmax(building.logits(x))
        elif building.form is Form.LOG_PROBABILITIES:
            prediction, log_p = exp(x), x
        else:
            logits = classes_last(x)
            prediction, log_p = classes_first(softmax(logits)), log_softmax(logits)
        label = one_hot(target.node, classes, x.type.dtype)
        building.predicts(prediction, accuracy=accuracy_of(log_p, label, target, -1))
        wanted = label
        if self.label_smoothing:
            kept = building.setting("one_minus_label_smoothing", 1.0 - self.label_smoothing)
            wanted = label * kept + building.setting("label_smoothing_per_class", self.label_smoothing / classes)
        return -mean_over_pixels(wanted * log_p, target)

    def _checked(self, building: Building, x: Node) -> int:
        """The number of classes. Raises LayerError for an output that does not go with them."""
        target = building.target
        classes = target.classes
        if classes is None:
            raise LayerError("cross_entropy expects class labels, the data has values", hint="use mse, mae or huber")
        if target.shape and x.shape != (classes, *target.shape):
            raise wrong_pixels(target, x, self.word, classes)
        if target.shape and building.form is not None:
            raise LayerError(
                f"cross_entropy of pixels is given {building.form.value} of all numbers together",
                hint="remove the softmax: the output of a convolution is taken for logits",
            )
        if not target.shape and vector(x, self.word) != classes:
            raise LayerError(
                f"cross_entropy expected {counted(classes, 'value')} per example, one per class of the data, "
                f"found {x.shape[0]}",
                hint=f"let the last dense layer have {counted(classes, 'unit')}",
            )
        return classes

    def baseline(self, targets: Array, classes: int | None) -> Baseline | None:
        """Of frequencies f as the prediction: -Σ t · log t with t = f, smoothed; of equal probabilities: ln(classes)."""
        if classes is None:
            return None
        shares = np.bincount(np.asarray(targets).reshape(-1), minlength=classes) / np.asarray(targets).size
        smoothed = shares * (1 - self.label_smoothing) + self.label_smoothing / classes
        some = smoothed[smoothed > 0]
        return Baseline(float(-(some * np.log(some)).sum()), math.log(classes), f"ln {classes}")
