"""Class labels as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from netcli.errors import GraphError
from netcli.graph import Array, DType, Node, Op, Sample, TensorType, varying


@dataclass(frozen=True)
class OneHot(Op):
    """1 at the place of each label, 0 elsewhere: integers `(…,)` -> `(…, classes)`. A label out of range gives zeros.

    Labels are checked when data is loaded.
    """

    classes: int
    dtype: DType

    def infer(self, *types: TensorType) -> TensorType:
        (labels,) = types
        if labels.is_float or labels.dtype == "bool":
            raise GraphError(f"{self.name} expected integer labels, found {labels}")
        return TensorType((*labels.shape, self.classes), self.dtype, labels.varying)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (labels,) = arrays
        return (xp.arange(self.classes) == labels[..., None]).astype(self.dtype)

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(4, "float64"), (varying(high=3, dtype="int32"),)),
            Sample(cls(3, "float64"), (varying(2, 2, high=2, dtype="int32"),)),
        ]


def one_hot(labels: Node, classes: int, dtype: DType) -> Node:
    """Integer labels as vectors of zeros and a one."""
    return Node(OneHot(classes, dtype), (labels,))
