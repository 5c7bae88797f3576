"""An earlier layer once more."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer, LayerName


class Again(Layer):
    """Earlier layer once more: y = layer(x), with the weights that it has.

    The earlier layer is one of this stack, or of one around it, that was given a `name`; with stacks in it, as a residual or a
    branch, all of their weights are shared. Its input may have another size where its weights do not depend on that. A layer
    that keeps running statistics, as batchnorm, cannot be had again: they are those of one place.
    """

    word = "again"
    main = "of"

    of: Annotated[LayerName, Field(examples=["tower"])]
    """The name of the earlier layer."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape that the earlier layer takes."""
        return building.again(self.of, x)
