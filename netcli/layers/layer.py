"""The contract of a layer type: what the YAML may say, and the nodes it builds."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, ClassVar

from pydantic import Field

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.settings import Family, Option


class Layer(Option):
    """A layer of the stack. A layer type is one file: its fields are its settings, its docstring its documentation."""

    suits: ClassVar[str | None] = None
    """The initialiser that suits weights in front of this layer; None: that of what follows it."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=60)] | None = None
    """Name of the layer; by default its type and a number: conv1, conv2, …"""

    @abstractmethod
    def build(self, building: Building, x: Node) -> Node:
        """Add the layer's forward nodes and return its output.

        `x` is the output of the layer before: varying, of shape `(channels, rows, columns)` or `(features,)` for one example.
        Raises LayerError or GraphError when it does not fit.
        """


class Loss(Layer):
    """The last layer. Its output is one number per example; it calls `building.predicts` with what the network predicts."""

    suits: ClassVar[str | None] = "glorot"


LAYERS: Family[Layer] = Family("layer", "netcli.layers", Layer)  # type: ignore[type-abstract]
