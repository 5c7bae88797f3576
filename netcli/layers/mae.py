"""Mean absolute error."""

from __future__ import annotations

import numpy as np

from netcli.graph import Array, Node
from netcli.layers.layer import Baseline
from netcli.layers.values import ValueLoss, raw_values
from netcli.ops import absolute


class Mae(ValueLoss):
    """Mean absolute error: |x - y|, the mean over outputs and batch. Its derivative at x = y is 0.

    Labels of classes become vectors of zeros and a one, and the metric is accuracy; for values it is mae. With target: input
    the network is an autoencoder: it predicts its own standardised input, (x · scale - mean) / deviation as data says, whatever
    the targets of the data are, and loss and metric are in its units.
    """

    word = "mae"

    def distance(self, x: Node, y: Node) -> Node:
        """|x - y|."""
        return absolute(x - y)

    def baseline(self, targets: Array, classes: int | None) -> Baseline | None:
        """The mean distance from the median: no constant has less."""
        values = raw_values(targets, classes)
        loss = float(np.abs(values - np.median(values, axis=0)).mean())
        return Baseline(loss, loss, "of the median")
