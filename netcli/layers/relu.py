"""Rectifier."""

from __future__ import annotations

from typing import ClassVar

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.ops import relu


class Relu(Layer):
    """Rectifier: x where x > 0, else 0. Its derivative at 0 is 0.

    Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", 2010.
    """

    word = "relu"
    suits: ClassVar[str | None] = "he"

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return relu(x)
