"""Logistic sigmoid."""

from __future__ import annotations

from typing import ClassVar

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.layers.layer import Layer
from netcli.layers.outputs import Bounds, Form
from netcli.ops import sigmoid


class Sigmoid(Layer):
    """Logistic sigmoid: 1 / (1 + e⁻ˣ), between 0 and 1."""

    word = "sigmoid"
    suits: ClassVar[str | None] = "glorot"
    gives: ClassVar[Form | None] = Form.PROBABILITIES

    def build(self, building: Building, x: Node) -> Node:
        """Any shape, kept."""
        return sigmoid(x)

    def outputs_within(self, given: Bounds) -> Bounds:
        """Between 0 and 1."""
        return Bounds(0.0, 1.0)
