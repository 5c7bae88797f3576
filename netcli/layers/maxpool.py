"""Max pooling."""

from __future__ import annotations

from netcli.graph import Node
from netcli.layers.building import Building, image
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.layers.windows import Padding, pool_window
from netcli.ops import max_pool2d
from netcli.settings import Pair


class MaxPool(Layer):
    """Max pooling: the greatest value of each window. On a tie, the first in row-major order gets the gradient.

    (channels, rows, columns) -> (channels, rows', columns'), rows' = ⌊(rows + padding - size) / stride⌋ + 1.
    """

    word = "maxpool"
    main = "size"

    size: Pair = (2, 2)
    """Rows and columns of the window."""

    stride: Pair | None = None
    """Steps of the window over the image; by default its size, so that windows do not overlap."""

    padding: Padding = "valid"
    """Places around the image that never win: same, valid (none), or a number of rows and columns on each side."""

    def build(self, building: Building, x: Node) -> Node:
        """Images only."""
        _, rows, columns = image(x, self.word)
        return max_pool2d(x, pool_window((rows, columns), self.size, self.stride or self.size, self.padding))

    def outputs_within(self, given: Bounds) -> Bounds:
        """The inputs' own: padding never wins."""
        return given
