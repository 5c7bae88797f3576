"""Sigmoid, hyperbolic tangent, softplus: the logistic family."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from netcli.graph import Array, Node
from netcli.ops.elementwise import Unary


@dataclass(frozen=True)
class Sigmoid(Unary):
    """σ(x) = 1 / (1 + e⁻ˣ)."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        small = xp.exp(-xp.abs(x))  # at most 1: neither branch overflows
        return xp.where(x >= 0, 1, small) / (1 + small)

    def derivative(self, node: Node) -> Node:
        return node * (1.0 - node)

    def forward_complex(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        small = xp.exp(-xp.abs(x))
        return np.asarray(np.where(x.real >= 0, 1, small) / (1 + small))


@dataclass(frozen=True)
class Tanh(Unary):
    """tanh x."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.tanh(arrays[0])

    def derivative(self, node: Node) -> Node:
        return 1.0 - node * node


@dataclass(frozen=True)
class Softplus(Unary):
    """log(1 + eˣ), computed as max(x, 0) + log(1 + e^-|x|): finite for every x."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))

    def derivative(self, node: Node) -> Node:
        return sigmoid(node.inputs[0])


def sigmoid(x: Node) -> Node:
    """1 / (1 + e⁻ˣ)."""
    return Node(Sigmoid(), (x,))


def tanh(x: Node) -> Node:
    """Hyperbolic tangent."""
    return Node(Tanh(), (x,))


def softplus(x: Node) -> Node:
    """log(1 + eˣ), finite for every x."""
    return Node(Softplus(), (x,))
