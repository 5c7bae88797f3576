"""Mean squared error."""

from __future__ import annotations

from netcli.graph import Array, Node
from netcli.layers.layer import Baseline
from netcli.layers.values import ValueLoss, raw_values


class Mse(ValueLoss):
    """Mean squared error: (x - y)², the mean over outputs and batch.

    Labels of classes become vectors of zeros and a one, and the metric is accuracy; for values it is mae. With target: input
    the network is an autoencoder: it predicts its own standardised input, (x · scale - mean) / deviation as data says, whatever
    the targets of the data are, and loss and metric are in its units.
    """

    word = "mse"

    def distance(self, x: Node, y: Node) -> Node:
        """(x - y)²."""
        return (x - y) * (x - y)

    def baseline(self, targets: Array, classes: int | None) -> Baseline | None:
        """The variance of the targets: no constant has less than their mean."""
        loss = float(raw_values(targets, classes).var(axis=0).mean())
        return Baseline(loss, loss, "of the mean")
