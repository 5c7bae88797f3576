"""Channel shuffle."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building, check_groups, image
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds
from netcli.ops import reshape, transpose


class ChannelShuffle(Layer):
    """Channel shuffle: the first channel of each group, then the second of each, and so on; between grouped convolutions.

    (channels, rows, columns), kept: y[g + i · groups] = x[g · channels / groups + i].
    Zhang et al., "ShuffleNet", 2018.
    """

    word = "channel_shuffle"
    main = "groups"

    groups: Annotated[int, Field(ge=1)]
    """Number of groups; it divides the number of channels."""

    def build(self, building: Building, x: Node) -> Node:
        """Images only."""
        channels, rows, columns = image(x, self.word)
        check_groups(self.groups, {"channels": channels})
        grouped = reshape(x, (self.groups, channels // self.groups, rows, columns))
        return reshape(transpose(grouped, (1, 0, 2, 3)), x.shape)

    def outputs_within(self, given: Bounds) -> Bounds:
        """The inputs' own."""
        return given
