"""The contract of a layer type: what the YAML may say, and the nodes it builds."""

from __future__ import annotations

from abc import abstractmethod

from netcli.graph import Node
from netcli.layers.building import Building
from netcli.settings import Family, Option


class Layer(Option):
    """One layer of the stack. A layer type is one file: its fields are its settings in YAML, its docstring its documentation."""

    name: str | None = None
    """Name of the layer, by default its type and a number: conv1, conv2, …"""

    @abstractmethod
    def build(self, building: Building, x: Node) -> Node:
        """Add the layer's forward nodes to the graph and return its output.

        `x` is the output of the layer before: varying, its shape without the batch, `(c, h, w)` or `(features,)`.
        Raises LayerError (shapes do not fit), with what was expected, what was found and what to do.
        """


LAYERS: Family[Layer] = Family("layer", "netcli.layers", Layer)  # type: ignore[type-abstract]
