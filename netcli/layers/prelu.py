"""Parametric rectifier."""

from __future__ import annotations

from typing import ClassVar, Literal

from netcli.graph import Node
from netcli.layers.building import Building, LayerError, filled, shape_text
from netcli.layers.layer import Layer
from netcli.ops import greater, reshape, select


class PRelu(Layer):
    """Parametric rectifier: x where x > 0, else slope · x, with trained slopes.

    Parameter: slope, (channels,) or, for vectors, (features,); one number if all share it.
    He et al., "Delving deep into rectifiers", 2015.
    """

    word = "prelu"
    main = "slope"
    suits: ClassVar[str | None] = "he"

    slope: float = 0.25
    """First value of every slope."""

    per: Literal["channel", "layer"] = "channel"
    """Whether each channel (of vectors, each feature) has a slope of its own, or the layer has one for all."""

    def build(self, building: Building, x: Node) -> Node:
        """Images or vectors; with one slope, any shape."""
        slope = self._shared(building) if self.per == "layer" else self._per_channel(building, x)
        return select(greater(x, 0.0), x, slope * x)

    def _shared(self, building: Building) -> Node:
        return building.parameter("slope", (), filled(self.slope))

    def _per_channel(self, building: Building, x: Node) -> Node:
        """Shaped to go with x: (channels, 1, 1) or (features,)."""
        if len(x.shape) not in {1, 3}:
            raise LayerError(
                f"prelu per channel expected images or vectors, found {shape_text(x.shape)}",
                hint="write per: layer for one slope, or reshape to [channels, rows, columns]",
                setting="per",
            )
        slope = building.parameter("slope", x.shape[:1], filled(self.slope))
        return reshape(slope, (*x.shape[:1], *(1 for _ in x.shape[1:])))
