"""Rectifier, and absolute value: functions of one number with a kink at zero."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from netcli.graph import Array, Node, Piecewise, places
from netcli.ops.elementwise import OneNumber
from netcli.ops.select import greater, select
from netcli.ops.sign import sign


@dataclass(frozen=True)
class Relu(OneNumber, Piecewise):
    """x where x > 0, else 0. The derivative at 0 is 0: a select on x > 0, not a maximum, in every executor."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return xp.where(x <= 0, 0, x).astype(x.dtype)  # NaN stays NaN: it must be seen

    def forward_complex(self, xp: ModuleType, *arrays: Array) -> Array:
        return np.where(arrays[0].real > 0, arrays[0], 0)

    def branches(self, *arrays: Array) -> Array:
        return arrays[0] > 0

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (_where_positive(node, g),)  # the result is positive where x is, so that x need not be kept

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and _where_positive(node.inputs[0], tangents[0])

    def at_rest(self, moved: Array) -> str:
        largest = float(moved.max())
        return f"its inputs are ≤ 0 wherever the number moves them: at {places(moved)}, the largest is {largest:.4g}"


@dataclass(frozen=True)
class Abs(OneNumber, Piecewise):
    """|x|. The derivative at 0 is 0."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.abs(arrays[0])

    def forward_complex(self, xp: ModuleType, *arrays: Array) -> Array:
        return np.where(arrays[0].real == 0, 0, xp.abs(arrays[0]))

    def branches(self, *arrays: Array) -> Array:
        return arrays[0] > 0

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (g * sign(node.inputs[0]),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and sign(node.inputs[0]) * tangents[0]


def relu(x: Node) -> Node:
    """x where x > 0, else 0."""
    return Node(Relu(), (x,))


def absolute(x: Node) -> Node:
    """|x|."""
    return Node(Abs(), (x,))


def _where_positive(x: Node, value: Node) -> Node:
    return select(greater(x, 0.0), value, 0.0)
