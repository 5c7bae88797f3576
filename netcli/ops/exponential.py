"""Exponential, logarithm, square root."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

from netcli.graph import Array, Node
from netcli.ops.elementwise import Unary


@dataclass(frozen=True)
class Exp(Unary):
    """eˣ."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.exp(arrays[0])

    def derivative(self, node: Node) -> Node:
        return node


@dataclass(frozen=True)
class Expm1(Unary):
    """eˣ - 1, exact near zero."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.expm1(arrays[0])

    def derivative(self, node: Node) -> Node:
        return node + 1.0


@dataclass(frozen=True)
class Log(Unary):
    """Natural logarithm; x > 0."""

    domain: ClassVar[tuple[float, float]] = (0.5, 3.0)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.log(arrays[0])

    def derivative(self, node: Node) -> Node:
        return 1.0 / node.inputs[0]


@dataclass(frozen=True)
class Sqrt(Unary):
    """√x; x > 0."""

    domain: ClassVar[tuple[float, float]] = (0.5, 3.0)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.sqrt(arrays[0])

    def derivative(self, node: Node) -> Node:
        return 0.5 / node


def exp(x: Node) -> Node:
    """eˣ."""
    return Node(Exp(), (x,))


def expm1(x: Node) -> Node:
    """eˣ - 1, exact near zero."""
    return Node(Expm1(), (x,))


def log(x: Node) -> Node:
    """Natural logarithm; x > 0."""
    return Node(Log(), (x,))


def sqrt(x: Node) -> Node:
    """√x; x > 0."""
    return Node(Sqrt(), (x,))
