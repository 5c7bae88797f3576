"""Binary cross-entropy."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from netcli.graph import Array, Node
from netcli.layers.building import Building
from netcli.layers.layer import Baseline, Loss
from netcli.layers.outputs import Form
from netcli.layers.values import mean_of, raw_values, target_values
from netcli.ops import greater, select, sigmoid, softplus


class BinaryCrossEntropy(Loss):
    """Binary cross-entropy: -y · log p - (1 - y) · log(1 - p), the mean over outputs and batch.

    After sigmoid, the loss is computed from sigmoid's own input z (the logits), as log(1 + e^z) - y · z: the same value, but
    finite and exact for any z; the sigmoid stays as the prediction. Flatten and reshape in between change nothing of that;
    dropout in between is refused. After any other layer, its output is taken for logits.
    The target is the label of two classes (one output, the probability of the second), or a value of 0 to 1 per output. Where
    each pixel has a label, the output is one image, (1, rows, columns). Metric: accuracy.
    """

    word = "binary_cross_entropy"
    reads: ClassVar[frozenset[Form]] = frozenset({Form.PROBABILITIES})

    def build(self, building: Building, x: Node) -> Node:
        """(outputs,) -> one number."""
        y = target_values(building.target, x, self.word, binary=True)
        z = building.logits(x)
        right = greater(y, 0.5)
        hit = select(greater(z, 0.0), select(right, y * 0.0 + 1.0, 0.0), select(right, y * 0.0, 1.0))
        building.predicts(x if building.form is Form.PROBABILITIES else sigmoid(x), accuracy=mean_of(hit))
        return mean_of(softplus(z) - y * z)

    def baseline(self, targets: Array, classes: int | None) -> Baseline | None:
        """Of each output's mean target m as the prediction: -m · log m - (1 - m) · log(1 - m); of one half: ln 2.

        None for targets that are no probabilities.
        """
        values = raw_values(targets, classes, binary=True)
        if values.min() < 0 or values.max() > 1:
            return None
        mean = values.mean(axis=0)
        both = np.stack([mean, 1 - mean])
        entropy = -(both * np.log(np.where(both > 0, both, 1.0))).sum(axis=0)
        return Baseline(float(entropy.mean()), math.log(2), "ln 2")
