"""Mirrored images, in training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building, image
from netcli.layers.layer import Layer
from netcli.ops import greater, reverse, select

#: The axes of an image that are reversed.
_AXES = {"horizontal": (-1,), "vertical": (-2,), "both": (-1, -2)}


class RandomFlip(Layer):
    """Augmentation: in training an image is mirrored with some probability; otherwise nothing is done.

    (channels, rows, columns), kept. horizontal: y[c, i, j] = x[c, i, columns - 1 - j]; vertical: the rows in reverse order.
    Drawn for each image at each step, a function of seed, step and example; all channels of an image alike.
    Elsewhere: RandomFlip in Keras, RandomHorizontalFlip and RandomVerticalFlip in torchvision.
    """

    word = "random_flip"
    main = "direction"
    training_only = True

    direction: Literal["horizontal", "vertical", "both"] = "horizontal"
    """horizontal swaps left and right, vertical top and bottom; both draws for each of the two by itself."""

    probability: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Probability that an image is mirrored."""

    def build(self, building: Building, x: Node) -> Node:
        """Images only."""
        image(x, self.word)
        if not building.training:
            return x
        for axis in _AXES[self.direction]:
            mirrored = greater(self.probability, building.random(x, (1, 1, 1)))
            x = select(mirrored, reverse(x, axis), x)
        return x
