"""Comparison and choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar

from netcli.errors import GraphError
from netcli.graph import Array, Node, Notation, Piecewise, Sample, TensorType, as_node, places, uniform, varying
from netcli.ops.arithmetic import total
from netcli.ops.elementwise import Elementwise, broadcast_type


@dataclass(frozen=True)
class Greater(Elementwise):
    """x > y, a boolean: it has no derivative, and a gradient's path ends here."""

    choosers: ClassVar[tuple[int, ...]] = (0, 1)
    notation: ClassVar[Notation | None] = Notation(">", 0)

    def infer(self, *types: TensorType) -> TensorType:
        found = broadcast_type(self, *types)
        return TensorType(found.shape, "bool", found.varying)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0] > arrays[1]

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(), (varying(3, 2), varying(3, 2))), Sample(cls(), (varying(3), uniform()))]


@dataclass(frozen=True)
class Select(Elementwise, Piecewise):
    """x where the condition holds, else y. The other one gets no gradient, whatever its value."""

    choosers: ClassVar[tuple[int, ...]] = (0,)

    def infer(self, *types: TensorType) -> TensorType:
        condition, *rest = types
        if condition.dtype != "bool":
            raise GraphError(f"{self.name} expected a boolean condition, found {condition}")
        dtype = rest[0].dtype
        return broadcast_type(self, TensorType(condition.shape, dtype, condition.varying), *rest)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.where(*arrays)

    def branches(self, *arrays: Array) -> Array:
        return arrays[0]

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        condition, *_ = node.inputs
        return None, select(condition, g, 0.0), select(condition, 0.0, g)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        condition, (_, dx, dy) = node.inputs[0], tangents
        return total(dx and select(condition, dx, 0.0), dy and select(condition, 0.0, dy))

    def at_rest(self, moved: Array) -> str:
        return f"it takes the other value wherever the number moves this one: at {places(moved)}"

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(), (varying(3, 2, dtype="bool"), varying(3, 2), varying(3, 2))),
            Sample(cls(), (varying(3, 1, dtype="bool"), uniform(1, 2), uniform())),
        ]


def greater(x: Node | float, y: Node | float) -> Node:
    """x > y, element by element."""
    like = x if isinstance(x, Node) else y
    assert isinstance(like, Node), "one side of a comparison is a node"
    return Node(Greater(), (as_node(x, like), as_node(y, like)))


def select(condition: Node, x: Node | float, y: Node | float) -> Node:
    """x where the condition holds, else y."""
    like = x if isinstance(x, Node) else y
    assert isinstance(like, Node), "one side of a choice is a node"
    return Node(Select(), (condition, as_node(x, like), as_node(y, like)))


def minimum(x: Node, y: Node | float) -> Node:
    """The smaller one; x on a tie."""
    return select(greater(x, y), y, x)


def maximum(x: Node, y: Node | float) -> Node:
    """The greater one; x on a tie."""
    return select(greater(y, x), y, x)
