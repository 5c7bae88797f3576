"""Addition, subtraction, multiplication, division, negation: element by element, with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

import numpy as np

from netcli.graph import (
    Additive,
    Array,
    Differentiable,
    Multilinear,
    Node,
    Notation,
    Op,
    Sample,
    as_node,
    uniform,
    varying,
)
from netcli.graph.node import arithmetic
from netcli.ops.elementwise import Elementwise


class _Signed(Elementwise, Additive):
    """x + y or x - y: what the operands give may cancel."""

    integers: ClassVar[bool] = True

    def unsigned(self, arrays: Sequence[Array], tangents: Sequence[Array | None]) -> Array:
        """|dx| + |dy|."""
        return np.asarray(sum(np.abs(tangent) for tangent in tangents if tangent is not None))

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        """Every way to broadcast."""
        return _binary_samples(cls())


@dataclass(frozen=True)
class Add(_Signed):
    """x + y."""

    notation: ClassVar[Notation | None] = Notation("+", 1, associative=True)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0] + arrays[1]

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return g, g

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return total(*tangents)


@dataclass(frozen=True)
class Subtract(_Signed):
    """x - y."""

    notation: ClassVar[Notation | None] = Notation("−", 1)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0] - arrays[1]

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return g, -g

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        dx, dy = tangents
        return total(dx, dy and -dy)


@dataclass(frozen=True)
class Multiply(Elementwise, Multilinear):
    """x · y."""

    integers: ClassVar[bool] = True
    notation: ClassVar[Notation | None] = Notation("·", 2, associative=True, neutral="1")

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0] * arrays[1]

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        x, y = node.inputs
        return g * y, g * x

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (x, y), (dx, dy) = node.inputs, tangents
        return total(dx and dx * y, dy and x * dy)

    def rounded(self, value: Array, *arrays: Array) -> Array:
        return np.abs(value)  # one product: nothing is summed

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return _binary_samples(cls())


@dataclass(frozen=True)
class Divide(Elementwise, Differentiable):
    """x / y."""

    notation: ClassVar[Notation | None] = Notation("/", 2)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0] / arrays[1]

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        _, y = node.inputs
        return g / y, -(g * node / y)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (_, y), (dx, dy) = node.inputs, tangents
        return total(dx and dx / y, dy and -(node * dy / y))

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return _binary_samples(cls(), low=0.5)


@dataclass(frozen=True)
class Negate(Elementwise, Differentiable):
    """-x."""

    integers: ClassVar[bool] = True
    notation: ClassVar[Notation | None] = Notation("−", 3)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return -arrays[0]

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (-g,)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and -tangents[0]

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(), (varying(3, 2),))]


def total(*terms: Node | None) -> Node | None:
    """The sum of those that are there; None (zero) if none is."""
    result: Node | None = None
    for term in terms:
        if term is not None:
            result = term if result is None else result + term
    return result


def is_total(node: Node) -> bool:
    """Whether a node is what `total` makes of two terms."""
    return isinstance(node.op, Add)


def _binary_samples(op: Op, low: float = -2.0) -> Sequence[Sample]:
    """Both varying; a uniform one broadcast over batch and axes; a scalar; both uniform."""
    pairs = [
        (varying(3, 2, low=low), varying(3, 2, low=low)),
        (varying(3, 2, 2, low=low), uniform(3, 1, 1, low=low)),
        (uniform(1, 2, low=low), varying(3, 1, low=low)),
        (varying(4, low=low), uniform(low=low)),
        (uniform(2, 3, low=low), uniform(2, 3, low=low)),
    ]
    return [Sample(op, pair) for pair in pairs]


def _installed(op: Differentiable) -> None:
    """Make `+ - * /` between nodes build this operation."""

    def build(x: Node | float, y: Node | float) -> Node:
        like = x if isinstance(x, Node) else y
        assert isinstance(like, Node), "one side of an arithmetic operation is a node"
        return Node(op, (as_node(x, like), as_node(y, like)))

    arithmetic[op.name] = build


for _op in (Add(), Subtract(), Multiply(), Divide()):
    _installed(_op)
arithmetic["negate"] = lambda x, _: Node(Negate(), (x,))
