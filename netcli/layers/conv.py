"""Convolution."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building, check_groups, image
from netcli.layers.initializers.initializer import Fan
from netcli.layers.weights import Weighted
from netcli.layers.windows import ConvPadding, reflected, window
from netcli.ops import Window, conv2d, reshape, same_padding
from netcli.settings import Pair


class Conv(Weighted):
    """Convolution: each filter slides over the image and gives one channel of the output.

    (channels, rows, columns) -> (filters, rows', columns'),
    rows' = ⌊(rows + padding - dilation · (kernel - 1) - 1) / stride⌋ + 1, and so for columns.
    Parameters: weight (filters, channels / groups, kernel rows, kernel columns), bias (filters,).
    LeCun et al., "Backpropagation applied to handwritten zip code recognition", 1989.
    """

    word = "conv"
    main = "filters"

    filters: Annotated[int, Field(ge=1)]
    """Number of filters: the channels of the output."""

    kernel: Pair = (3, 3)
    """Rows and columns of a filter: 3 or [3, 5]."""

    stride: Pair = (1, 1)
    """Steps of the filter over the image."""

    padding: ConvPadding = "valid"
    """Zeros around the image: same (⌈rows / stride⌉ rows come out), valid (none), or so many rows and columns on each side.
    reflect: in place of the zeros of same, the image mirrored at its border, without repeating it."""

    dilation: Pair = (1, 1)
    """Distance between neighbouring taps of a filter."""

    groups: Annotated[int, Field(ge=1)] = 1
    """Channels and filters are divided into this many groups that do not see each other; as many as channels: depthwise."""

    def build(self, building: Building, x: Node) -> Node:
        """Images only."""
        channels, *size = image(x, self.word)
        check_groups(self.groups, {"channels of its input": channels, "filters": self.filters})
        if self.padding == "reflect":
            sides = same_padding((size[0], size[1]), self.kernel, self.stride, self.dilation)
            x, place = reflected(x, sides), Window(self.kernel, self.stride, dilation=self.dilation)
        else:
            place = window((size[0], size[1]), self.kernel, self.stride, self.padding, self.dilation)
        taps = self.kernel[0] * self.kernel[1]
        fan = Fan(channels // self.groups * taps, self.filters // self.groups * taps)
        weight = self.make_weight(building, (self.filters, channels // self.groups, *self.kernel), fan)
        y = conv2d(x, weight, place, self.groups)
        return y + reshape(self.make_bias(building, self.filters, fan), (self.filters, 1, 1)) if self.bias else y
