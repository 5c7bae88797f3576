"""More errors to plant, and an operation without derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from netcli.autodiff.match import match
from netcli.graph import Array, Node, Op, Sample, TensorType, constant


def dropped(x: Node, dx: Node | None) -> Node:
    """Forgotten."""
    return match(constant(0.0, "float64"), x)


class Ruleless(Op):
    """x, and nothing is known of its derivative."""

    def infer(self, *types: TensorType) -> TensorType:
        return types[0]

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0]

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @property
    def attributes(self) -> str:
        return ""

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return ()
