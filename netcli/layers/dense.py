"""Dense layer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building, vector
from netcli.layers.initializers.initializer import Fan
from netcli.layers.weights import Weighted
from netcli.ops import dense


class Dense(Weighted):
    """Dense (fully connected) layer: y = x · W + b.

    (features,) -> (units,). Parameters: weight (features, units), bias (units,).
    """

    word = "dense"
    main = "units"

    units: Annotated[int, Field(ge=1)]
    """Number of outputs."""

    def build(self, building: Building, x: Node) -> Node:
        """Vectors only."""
        features = vector(x, self.word)
        fan = Fan(features, self.units)
        y = dense(x, self.make_weight(building, (features, self.units), fan))
        return y + self.make_bias(building, self.units, fan) if self.bias else y
