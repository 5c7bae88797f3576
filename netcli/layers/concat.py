"""A join with an earlier layer: both."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.joining import concatenated
from netcli.layers.layer import Layer, LayerName


class Concat(Layer):
    """Channels beside an earlier layer's: y = [x, z], those of x and behind them those of its output z.

    All axes but the channels are equal. The earlier layer is one of this stack, or of one around it, that was given a `name`.
    """

    word = "concat"
    main = "of"

    of: Annotated[LayerName, Field(examples=["skip"])]
    """The name of the earlier layer."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape."""
        return concatenated(self.word, {"x": x, self.of: building.earlier(self.of)})
