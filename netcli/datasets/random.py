"""Made-up data."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from netcli.datasets.dataset import Raw, Split
from netcli.datasets.source import Source
from netcli.graph import Array, Shape

_AS_TUPLE = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)
_SCHEMA = WithJsonSchema({"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 3})
Extents = Annotated[tuple[Annotated[int, Field(ge=1)], ...], _AS_TUPLE, Field(min_length=1, max_length=3), _SCHEMA]


class Random(Source):
    """Made-up data: random numbers of [0, 1) with random targets, to look at a network, check it or time it without data.

    There is nothing to learn in it but its examples by heart. The same settings give the same numbers.
    """

    word: ClassVar[str] = "random"
    main: ClassVar[str | None] = "shape"

    shape: Extents
    """Shape of one example: [channels, rows, columns], or [features]."""

    classes: Annotated[int, Field(ge=2)] = 10
    """Number of classes; each example has one of them."""

    pixels: bool = False
    """Whether each pixel has a class, instead of each example; of images only."""

    target: Extents | None = None
    """Shape of values of [0, 1) to predict, such as [1, 64, 64]; by default there are classes instead."""

    examples: Annotated[int, Field(ge=1)] = 100
    """Number of examples."""

    @model_validator(mode="after")
    def _check(self) -> Random:
        if self.pixels and (len(self.shape) != 3 or self.target is not None):
            raise PydanticCustomError(
                "random_pixels", "pixels: true needs a shape of [channels, rows, columns], and no target: pixels have classes"
            )
        return self

    def read(self, folder: Path) -> Raw:
        """Make them."""
        inputs = _uniform((self.examples, *self.shape), stream=0)
        if self.target is not None:
            return Raw("random data", Split(inputs, _uniform((self.examples, *self.target), 1)), None, None, None, 1.0)
        labelled = self.shape[1:] if self.pixels else ()
        labels = (_uniform((self.examples, *labelled), stream=1) * self.classes).astype(np.int32)
        return Raw("random data", Split(inputs, labels), None, tuple(map(str, range(self.classes))), None, 1.0)


def _uniform(shape: Shape, stream: int) -> Array:
    """Multiples of 2^-24 below 1, float32. From raw numbers of the bit generator, which numpy promises never to change."""
    raw = np.random.PCG64(stream).random_raw(math.prod(shape))
    return np.asarray((raw >> np.uint64(40)) * np.float64(2.0**-24), np.float32).reshape(shape)
