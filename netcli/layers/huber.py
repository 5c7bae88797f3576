"""Huber loss."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Loss
from netcli.layers.values import mean_of, predict_values, target_values
from netcli.ops import absolute, greater, select


class Huber(Loss):
    """Huber loss: d²/2 where |d| ≤ delta, else delta · (|d| - delta/2), with d = x - y; the mean over outputs and batch.

    Huber, "Robust estimation of a location parameter", 1964.

    Labels of classes become vectors of zeros and a one, and the metric is accuracy; for values it is mae.
    """

    word = "huber"
    main = "delta"

    delta: Annotated[float, Field(gt=0)] = 1.0
    """Where the square goes over into the straight line."""

    def build(self, building: Building, x: Node) -> Node:
        """The shape of the target -> one number."""
        y = target_values(building.target, x, self.word)
        predict_values(building, x, y)
        d = absolute(x - y)
        return mean_of(select(greater(d, self.delta), self.delta * (d - self.delta / 2), 0.5 * (d * d)))
