"""Copies of a stack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer, Stack


class Repeat(Layer):
    """A stack several times, one behind the other; each copy has weights of its own.

    The copies are called by their numbers: repeat1/2/conv1 is in the second one.
    """

    word = "repeat"

    times: Annotated[int, Field(ge=1, le=1000)]
    """How many copies."""

    layers: Stack = Field(min_length=1, examples=[[{"dense": 8}, "relu"]])
    """The stack."""

    @property
    def stacks(self) -> Sequence[Sequence[Layer]]:
        """The one."""
        return (self.layers,)

    def build(self, building: Building, x: Node) -> Node:
        """Any shape that the stack takes; what it gives it must take again."""
        for number in range(1, self.times + 1):
            x = building.fold(self.layers, x, str(number))
        return x
