"""Mean absolute error."""

from __future__ import annotations

import numpy as np

from netcli.graph import Array, Node
from netcli.layers.building import Building
from netcli.layers.layer import Baseline, Loss
from netcli.layers.values import mean_of, predict_values, raw_values, target_values
from netcli.ops import absolute


class Mae(Loss):
    """Mean absolute error: |x - y|, the mean over outputs and batch. Its derivative at x = y is 0.

    Labels of classes become vectors of zeros and a one, and the metric is accuracy; for values it is mae.
    """

    word = "mae"

    def build(self, building: Building, x: Node) -> Node:
        """The shape of the target -> one number."""
        y = target_values(building.target, x, self.word)
        predict_values(building, x, y)
        return mean_of(absolute(x - y))

    def baseline(self, targets: Array, classes: int | None) -> Baseline | None:
        """The mean distance from the median: no constant has less."""
        values = raw_values(targets, classes)
        loss = float(np.abs(values - np.median(values, axis=0)).mean())
        return Baseline(loss, loss, "of the median")
