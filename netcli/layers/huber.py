"""Huber loss."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from netcli.graph import Array, Node
from netcli.layers.layer import Baseline
from netcli.layers.values import ValueLoss, raw_values
from netcli.ops import absolute, greater, select

#: Halvings of the range of the targets: the constant is then exact to a billionth of it, its loss to far less.
_HALVINGS = 30


class Huber(ValueLoss):
    """Huber loss: d²/2 where |d| ≤ delta, else delta · (|d| - delta/2), with d = x - y; the mean over outputs and batch.

    Huber, "Robust estimation of a location parameter", 1964.

    Labels of classes become vectors of zeros and a one, and the metric is accuracy; for values it is mae. With target: input
    the network is an autoencoder: it predicts its own standardised input, (x · scale - mean) / deviation as data says, whatever
    the targets of the data are, and loss and metric are in its units.
    """

    word = "huber"
    main = "delta"

    delta: Annotated[float, Field(gt=0)] = 1.0
    """Where the square goes over into the straight line."""

    def distance(self, x: Node, y: Node) -> Node:
        """Squared below delta, straight above."""
        d = absolute(x - y)
        return select(greater(d, self.delta), self.delta * (d - self.delta / 2), 0.5 * (d * d))

    def baseline(self, targets: Array, classes: int | None) -> Baseline | None:
        """That of the constant where the derivative, the mean of d cut to ±delta, is 0: it lies between mean and median."""
        values = raw_values(targets, classes)
        low, high = values.min(axis=0), values.max(axis=0)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            above = np.clip(middle - values, -self.delta, self.delta).mean(axis=0) > 0
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        d = np.abs(values - (low + high) / 2)
        loss = float(np.where(d > self.delta, self.delta * (d - self.delta / 2), d**2 / 2).mean())
        return Baseline(loss, loss, "of the best constant")
