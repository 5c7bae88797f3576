"""A join with an earlier layer: the product."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.joining import multiplied
from netcli.layers.layer import Layer, LayerName


class Multiply(Layer):
    """Product with an earlier layer: y = x · z, element by element, where z is its output.

    Both have one shape, or one of them is an image and the other has one value per channel of it. The earlier layer is one of
    this stack, or of one around it, that was given a `name`.
    """

    word = "multiply"
    main = "of"

    of: Annotated[LayerName, Field(examples=["skip"])]
    """The name of the earlier layer."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape."""
        return multiplied(self.word, {"x": x, self.of: building.earlier(self.of)})
