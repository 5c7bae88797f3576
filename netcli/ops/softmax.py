"""Softmax and its logarithm, along the last axis.

Both subtract the maximum before the exponential, so that logits of ±10⁴ give finite values; the result does not depend on what
is subtracted, and neither does the derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from netcli.errors import GraphError
from netcli.graph import Array, Differentiable, Node, Sample, TensorType, varying
from netcli.ops.exponential import exp
from netcli.ops.reduce import sum_over


@dataclass(frozen=True)
class Softmax(Differentiable):
    """y[i] = e^x[i] / Σ e^x[j]: varying `(…, classes)` -> the same type."""

    def infer(self, *types: TensorType) -> TensorType:
        return _checked(self.name, types[0])

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        e = xp.exp(_shifted(arrays[0]))
        return e / e.sum(axis=-1, keepdims=True)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (node * (g - sum_over(g * node, (-1,))),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (dx,) = tangents
        if dx is None:
            return None
        weighted = node * dx
        return weighted - node * sum_over(weighted, (-1,))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 5 * output.size

    def rounded(self, value: Array, *arrays: Array) -> Array:
        return np.asarray(value * (1 - _shifted(arrays[0])))  # e^z, z being rounded before

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(), (varying(5),)), Sample(cls(), (varying(2, 3),))]


@dataclass(frozen=True)
class LogSoftmax(Differentiable):
    """y[i] = x[i] - log Σ e^x[j]: varying `(…, classes)` -> the same type."""

    def infer(self, *types: TensorType) -> TensorType:
        return _checked(self.name, types[0])

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        z = _shifted(arrays[0])
        return z - xp.log(xp.exp(z).sum(axis=-1, keepdims=True))

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (g - exp(node) * sum_over(g, (-1,)),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (dx,) = tangents
        return dx and dx - sum_over(exp(node) * dx, (-1,))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 5 * output.size

    def rounded(self, value: Array, *arrays: Array) -> Array:
        return np.asarray(1 - _shifted(arrays[0]) + np.abs(value))  # z - log Σ e^z; the sum is at least 1

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(), (varying(5),)), Sample(cls(), (varying(2, 3),))]


def softmax(x: Node) -> Node:
    """e^x / Σ e^x along the last axis."""
    return Node(Softmax(), (x,))


def log_softmax(x: Node) -> Node:
    """x - log Σ e^x along the last axis."""
    return Node(LogSoftmax(), (x,))


def _checked(name: str, x: TensorType) -> TensorType:
    if not x.shape or not x.is_float:
        raise GraphError(f"{name} expected floats with an axis to run along, found {x}")
    return x


def _shifted(x: Array) -> Array:
    return x - x.max(axis=-1, keepdims=True)
