"""Reshape."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from netcli.graph import Node
from netcli.layers.building import Building, LayerError, counted
from netcli.layers.layer import Layer
from netcli.ops import reshape

Extent = Annotated[int, Field(ge=-1)]
_AS_TUPLE = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)
_SCHEMA = WithJsonSchema({"type": "array", "items": {"type": "integer", "minimum": -1}, "minItems": 1, "maxItems": 3})


class Reshape(Layer):
    """Reshape: the same values in row-major order in another shape, such as [1, 8, 8] for images of one channel.

    Any shape -> the given one, of as many values.
    """

    word = "reshape"
    main = "shape"
    rearranges = True

    shape: Annotated[tuple[Extent, ...], _AS_TUPLE, Field(min_length=1, max_length=3), _SCHEMA]
    """The new shape of one example; one of its numbers may be -1: as many as are left."""

    def build(self, building: Building, x: Node) -> Node:
        """Any shape with the same number of values."""
        known = math.prod(n for n in self.shape if n != -1)
        rest = x.type.size // known if -1 in self.shape and known > 0 else 1
        after = tuple(rest if n == -1 else n for n in self.shape)
        if self.shape.count(-1) > 1 or math.prod(after) != x.type.size:
            raise LayerError(
                f"reshape cannot make [{', '.join(map(str, self.shape))}] of {counted(x.type.size, 'value')}",
                hint="the numbers must multiply to that, with at most one -1 for what is left",
                setting="shape",
            )
        return reshape(x, after)
