"""Mean squared error."""

from __future__ import annotations

from netcli.graph import Array, Node
from netcli.layers.building import Building
from netcli.layers.layer import Baseline, Loss
from netcli.layers.values import mean_of, predict_values, raw_values, target_values


class Mse(Loss):
    """Mean squared error: (x - y)², the mean over outputs and batch.

    Labels of classes become vectors of zeros and a one, and the metric is accuracy; for values it is mae.
    """

    word = "mse"

    def build(self, building: Building, x: Node) -> Node:
        """The shape of the target -> one number."""
        y = target_values(building.target, x, self.word)
        predict_values(building, x, y)
        return mean_of((x - y) * (x - y))

    def baseline(self, targets: Array, classes: int | None) -> Baseline | None:
        """The variance of the targets: no constant has less than their mean."""
        loss = float(raw_values(targets, classes).var(axis=0).mean())
        return Baseline(loss, loss, "of the mean")
