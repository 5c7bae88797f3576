"""Global max pooling."""

from __future__ import annotations

from netcli.graph import Node
from netcli.layers.building import Building, image
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import Window, max_pool2d, reshape


class GlobalMaxPool(Layer):
    """Global max pooling: the greatest value of each channel. (channels, rows, columns) -> (channels,).

    On a tie, the first in row-major order gets the gradient.
    Oquab et al., "Is object localization for free?", 2015.
    """

    word = "global_maxpool"

    def build(self, building: Building, x: Node) -> Node:
        """Images only."""
        channels, rows, columns = image(x, self.word)
        return reshape(max_pool2d(x, Window((rows, columns))), (channels,))

    def outputs_within(self, given: Bounds) -> Bounds:
        """The inputs' own."""
        return given
