"""Transposed convolution."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building, LayerError, check_groups, image, shape_text
from netcli.layers.initializers.initializer import Fan
from netcli.layers.weights import Weighted
from netcli.layers.windows import Padding
from netcli.ops import Window, conv2d_transposed, reshape, same_padding
from netcli.settings import Pair, PairOrZero


class ConvTransposed(Weighted):
    """Transposed convolution: each pixel gives its multiple of every filter to the output, where filters overlap added up.

    It is how the gradient of conv with the same settings goes back: (channels, rows, columns) -> (filters, rows', columns'),
    rows' = (rows - 1) · stride - padding + dilation · (kernel - 1) + 1 + output_padding, and so for columns; with padding same,
    rows' = stride · rows. Padding is what is cut off on both sides together.
    Parameters: weight (channels, filters / groups, kernel rows, kernel columns), bias (filters,).
    Zeiler et al., "Deconvolutional networks", 2010.
    """

    word = "conv_transposed"
    main = "filters"

    filters: Annotated[int, Field(ge=1)]
    """Number of channels of the output."""

    kernel: Pair = (2, 2)
    """Rows and columns of a filter: 3 or [3, 5]."""

    stride: Pair = (2, 2)
    """Steps of the filter over the output, from one pixel of the input to the next."""

    padding: Padding = "valid"
    """What is cut off of the output: valid (nothing), so many rows and columns on each side, or same (stride · rows stay)."""

    output_padding: PairOrZero = (0, 0)
    """Rows and columns more at the bottom and right, fewer than the stride; not with padding same."""

    dilation: Pair = (1, 1)
    """Distance between neighbouring taps of a filter."""

    groups: Annotated[int, Field(ge=1)] = 1
    """Channels and filters are divided into this many groups that do not see each other."""

    def build(self, building: Building, x: Node) -> Node:
        """Images only."""
        channels, rows, columns = image(x, self.word)
        check_groups(self.groups, {"channels of its input": channels, "filters": self.filters})
        window, size = self._window((rows, columns))
        taps = self.kernel[0] * self.kernel[1]
        meeting = max(channels // self.groups * taps // (self.stride[0] * self.stride[1]), 1)  # at one pixel of the output
        fan = Fan(meeting, self.filters // self.groups * taps)
        weight = self.make_weight(building, (channels, self.filters // self.groups, *self.kernel), fan)
        y = conv2d_transposed(x, weight, window, self.groups, size)
        return y + reshape(self.make_bias(building, self.filters, fan), (self.filters, 1, 1)) if self.bias else y

    def _window(self, before: tuple[int, int]) -> tuple[Window, tuple[int, int]]:
        """The window over the output, and the output's rows and columns. Raises LayerError."""
        if self.padding == "same":
            if any(self.output_padding):
                raise LayerError("output_padding does not go with padding: same", setting="output_padding", hint="leave it out")
            size = (before[0] * self.stride[0], before[1] * self.stride[1])
            sides = same_padding(size, self.kernel, self.stride, self.dilation)
            return Window(self.kernel, self.stride, sides, self.dilation), size
        cut = (0, 0) if self.padding == "valid" else self.padding
        rows, columns = (self._length(axis, n, cut[axis]) for axis, n in enumerate(before))
        if min(rows, columns) < 1:
            raise LayerError(
                f"a padding of {shape_text(cut)} on each side leaves nothing of the output",
                setting="padding",
                hint="cut off less, or use a larger kernel or stride",
            )
        return Window(self.kernel, self.stride, (cut[0], cut[0], cut[1], cut[1]), self.dilation), (rows, columns)

    def _length(self, axis: int, n: int, cut: int) -> int:
        """Rows (axis 0) or columns of the output, of n of the input. Raises LayerError."""
        extra, step = self.output_padding[axis], self.stride[axis]
        if extra >= step:
            raise LayerError(
                f"an output_padding of {shape_text(self.output_padding)} is not below the stride {shape_text(self.stride)}",
                setting="output_padding",
                hint="no filter would reach the last rows or columns",
            )
        return (n - 1) * step - 2 * cut + self.dilation[axis] * (self.kernel[axis] - 1) + 1 + extra
