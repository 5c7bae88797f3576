"""Types of tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

Shape = tuple[int, ...]
DType = Literal["float32", "float64", "int32", "uint32", "uint8", "bool"]


@dataclass(frozen=True, slots=True)
class TensorType:
    """Shape, dtype and whether there is one value per example (`varying`) or one for all of them (`uniform`).

    The shape leaves the batch out: an image batch `(n, c, h, w)` is `n` examples of the varying type `(c, h, w)`.
    """

    shape: Shape
    dtype: DType = "float32"
    varying: bool = False

    @property
    def size(self) -> int:
        """Number of elements, of one example if varying."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Room of the elements, of one example if varying."""
        return self.size * np.dtype(self.dtype).itemsize

    @property
    def is_float(self) -> bool:
        """Whether derivatives exist; integers and booleans have none."""
        return self.dtype in {"float32", "float64"}

    def with_shape(self, shape: Shape) -> TensorType:
        """The same type with another shape."""
        return TensorType(shape, self.dtype, self.varying)

    def __str__(self) -> str:
        return f"{self.dtype}[{','.join(map(str, (('n',) if self.varying else ()) + self.shape))}]"
