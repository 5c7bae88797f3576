"""Sine and cosine."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from netcli.graph import Array, Node
from netcli.ops.elementwise import Unary


@dataclass(frozen=True)
class Sin(Unary):
    """sin x, x in radians."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.sin(arrays[0])

    def derivative(self, node: Node) -> Node:
        return cos(node.inputs[0])


@dataclass(frozen=True)
class Cos(Unary):
    """cos x, x in radians."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.cos(arrays[0])

    def derivative(self, node: Node) -> Node:
        return -sin(node.inputs[0])


def sin(x: Node) -> Node:
    """sin x, x in radians."""
    return Node(Sin(), (x,))


def cos(x: Node) -> Node:
    """cos x, x in radians."""
    return Node(Cos(), (x,))
