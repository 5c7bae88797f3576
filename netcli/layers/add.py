"""A join with an earlier layer: the sum."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.joining import added
from netcli.layers.layer import Layer, LayerName


class Add(Layer):
    """Sum with an earlier layer: y = x + z, where z is its output.

    Both have one shape. The earlier layer is one of this stack, or of one around it, that was given a `name`.
    """

    word = "add"
    main = "of"

    of: Annotated[LayerName, Field(examples=["skip"])]
    """The name of the earlier layer."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape."""
        return added(self.word, {"x": x, self.of: building.earlier(self.of)})
