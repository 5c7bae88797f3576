"""Flatten."""

from __future__ import annotations

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.ops import reshape


class Flatten(Layer):
    """Flatten: all values of an example as one vector, in row-major order.

    (channels, rows, columns) -> (channels · rows · columns,).
    """

    word = "flatten"
    rearranges = True

    def build(self, building: Building, x: Node) -> Node:
        """Any shape."""
        return reshape(x, (x.type.size,))
