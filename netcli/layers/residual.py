"""A residual connection."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.joining import added
from netcli.layers.layer import Layer, Stack


class Residual(Layer):
    """Residual connection: y = layers(x) + shortcut(x), where the shortcut is x itself unless it has layers.

    He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2016.
    """

    word = "residual"
    main = "layers"

    layers: Stack = Field(min_length=1, examples=[[{"conv": {"filters": 8, "padding": "same"}}, "relu"]])
    """The stack that is added to its input."""

    shortcut: Stack = Field(default_factory=list)
    """Layers for the input, such as a conv that brings it to the shape of what it is added to. By default none."""

    @property
    def stacks(self) -> Sequence[Sequence[Layer]]:
        """Both."""
        return self.layers, self.shortcut

    def build(self, building: Building, x: Node) -> Node:
        """Any shape; both sides must come to the same one."""
        y = building.fold(self.layers, x)
        return added(self.word, {"layers": y, "shortcut": building.fold(self.shortcut, x, "shortcut")})
