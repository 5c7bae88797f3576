"""Rectifier, and absolute value: functions of one number with a kink at zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from netcli.graph import Array, Node, Piecewise, Sample, TensorType, constant, varying
from netcli.ops.checks import check_floats
from netcli.ops.elementwise import elements
from netcli.ops.select import greater, select


@dataclass(frozen=True)
class Relu(Piecewise):
    """x where x > 0, else 0. The derivative at 0 is 0: a select on x > 0, not a maximum, in every executor."""

    def infer(self, *types: TensorType) -> TensorType:
        check_floats(self, *types)
        return types[0]

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return xp.where(x <= 0, 0, x).astype(x.dtype)  # NaN stays NaN: it must be seen

    def branches(self, *arrays: Array) -> Array:
        return arrays[0] > 0

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (_where_positive(node, g),)  # the result is positive where x is, so that x need not be kept

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and _where_positive(node.inputs[0], tangents[0])

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return elements(output)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(), (varying(7),)), Sample(cls(), (varying(2, 3, 2),))]


@dataclass(frozen=True)
class Abs(Piecewise):
    """|x|. The derivative at 0 is 0."""

    def infer(self, *types: TensorType) -> TensorType:
        check_floats(self, *types)
        return types[0]

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.abs(arrays[0])

    def branches(self, *arrays: Array) -> Array:
        return arrays[0] > 0

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (g * _sign(node.inputs[0]),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and _sign(node.inputs[0]) * tangents[0]

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return elements(output)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(), (varying(7),))]


def relu(x: Node) -> Node:
    """x where x > 0, else 0."""
    return Node(Relu(), (x,))


def absolute(x: Node) -> Node:
    """|x|."""
    return Node(Abs(), (x,))


def _where_positive(x: Node, value: Node) -> Node:
    return select(greater(x, 0.0), value, 0.0)


def _sign(x: Node) -> Node:
    """1, 0 or -1, of the dtype of x."""
    one = constant(1.0, x.type.dtype)
    return select(greater(x, 0.0), one, select(greater(0.0, x), -one, 0.0))
