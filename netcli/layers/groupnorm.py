"""Group normalisation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building, LayerError, check_groups, counted, shape_text
from netcli.layers.scaling import Scaled, channels_of, normalised
from netcli.ops import reshape


class GroupNorm(Scaled):
    """Group normalisation: the channels of an example in groups, each group to mean 0 and variance 1; then a scale and a shift.

    y = scale · (x - mean) / √(variance + epsilon) + shift; mean and variance (divided by n) are of all pixels of a group's
    channels, neighbours in their order. One group: all channels together; as many as channels: instance normalisation.
    Parameters: scale (channels,), shift (channels,). Wu and He, "Group normalization", 2018.
    """

    word = "groupnorm"
    main = "groups"

    groups: Annotated[int, Field(ge=1)]
    """Number of groups; it divides the number of channels (of a vector, of features)."""

    epsilon: Annotated[float, Field(gt=0)] = 1e-5
    """Added to the variance."""

    def build(self, building: Building, x: Node) -> Node:
        """Images or vectors, kept."""
        size = channels_of(x, self.word)
        check_groups(self.groups, {"channels": size[0]})
        if x.type.size == self.groups:
            raise LayerError(
                f"{counted(self.groups, 'group')} of {shape_text(x.shape)} values have one value each: all would become 0",
                hint="choose fewer groups",
                setting="groups",
            )
        grouped = normalised(reshape(x, (self.groups, x.type.size // self.groups)), (-1,), self.epsilon)
        return self.rescaled(building, reshape(grouped, x.shape), size)
