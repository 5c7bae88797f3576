"""Shifted images, in training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building, LayerError, counted, image
from netcli.layers.layer import Layer
from netcli.ops import cast, shift2d
from netcli.settings import PairOrZero


class RandomShift(Layer):
    """Augmentation: in training an image is moved by a few pixels up or down and left or right; otherwise nothing is done.

    (channels, rows, columns), kept. y[c, i, j] = x[c, i - r, j - s], r and s being whole numbers from -pixels to pixels, each
    as likely. Drawn for each image at each step, a function of seed, step and example; all channels of an image alike.
    Elsewhere: RandomTranslation in Keras, RandomCrop with padding in torchvision.
    """

    word = "random_shift"
    main = "pixels"
    training_only = True

    pixels: Annotated[PairOrZero, Field(examples=[2])]
    """The most rows and columns by which an image is moved: one number for both, or [rows, columns]."""

    fill: Literal["zero", "edge"] = "zero"
    """What comes in at the border: zero, which is the mean where inputs are standardised, or edge, the nearest pixel."""

    def build(self, building: Building, x: Node) -> Node:
        """Images only, larger than the shift."""
        _, rows, columns = image(x, self.word)
        for most, extent, what in zip(self.pixels, (rows, columns), ("row", "column"), strict=True):
            if most >= extent:
                raise LayerError(
                    f"a shift by {counted(most, what)} can move an image of {counted(extent, what)} out of sight",
                    hint=f"move by {extent - 1} at most",
                    setting="pixels",
                )
        if not building.training:
            return x
        down, right = (_whole_number(building, x, most) for most in self.pixels)
        return shift2d(x, down, right, self.fill)


def _whole_number(building: Building, x: Node, most: int) -> Node:
    """A number for each example, from -most to most, each as likely (but for 2⁻²⁴ of rounding)."""
    return cast(building.random(x, ()) * (2 * most + 1), "int32") - most
