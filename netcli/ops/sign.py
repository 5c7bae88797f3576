"""The sign of a number."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

import numpy as np

from netcli.graph import Array, Node, Piecewise, TensorType
from netcli.ops.elementwise import OneNumber


@dataclass(frozen=True)
class Sign(OneNumber, Piecewise):
    """1 where x > 0, -1 where x < 0, 0 at 0. Its derivative is zero; at the jump too."""

    choosers: ClassVar[tuple[int, ...]] = (0,)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return xp.where(x > 0, 1, xp.where(x < 0, -1, x * 0)).astype(x.dtype)  # NaN stays NaN: it must be seen

    def branches(self, *arrays: Array) -> Array:
        return np.sign(arrays[0])

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (None,)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return None

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 2 * output.size


def sign(x: Node) -> Node:
    """1, 0 or -1."""
    return Node(Sign(), (x,))
