"""Global average pooling."""

from __future__ import annotations

from netcli.graph import Node
from netcli.layers.building import Building, image
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import reshape, sum_over


class GlobalAvgPool(Layer):
    """Global average pooling: the mean of each channel. (channels, rows, columns) -> (channels,).

    Lin, Chen and Yan, "Network in network", 2014.
    """

    word = "global_avgpool"

    def build(self, building: Building, x: Node) -> Node:
        """Images only."""
        channels, rows, columns = image(x, self.word)
        return reshape(sum_over(x, (-2, -1)) / float(rows * columns), (channels,))

    def outputs_within(self, given: Bounds) -> Bounds:
        """The inputs' own."""
        return given
