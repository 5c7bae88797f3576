"""More errors to plant, and an operation without derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from netcli.autodiff.match import match
from netcli.graph import Array, Node, Op, Sample, TensorType, constant


def dropped(x: Node, dx: Node | None) -> Node:
    """Forgotten."""
    return match(constant(0.0, "float64"), x)


def shifted(x: Node, dx: Node | None) -> Node:
    """A constant too large; also where there is no derivative at all."""
    return match(constant(0.0, "float64") if dx is None else dx, x) + constant(np.full(x.shape, 1e-3), "float64")


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
