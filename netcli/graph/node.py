"""Nodes: an operation on nodes. Operation and tensor are one thing here, since each operation has one output."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import ClassVar, Protocol, TypeVar
from weakref import WeakValueDictionary

from netcli.errors import GraphError
from netcli.graph.op import Op
from netcli.graph.origin import Origin, current_origin
from netcli.graph.types import Shape, TensorType

O = TypeVar("O", bound=Op)  # noqa: E741 - an operation


class Node:
    """An operation applied to nodes; immutable and hash-consed.

    `Node(op, inputs)` returns the one node there is of this operation on these inputs, so equality is identity and common
    subexpressions are shared by construction (Filliâtre and Conchon, "Type-safe modular hash-consing", 2006).
    Raises GraphError when the inputs' types do not fit the operation.
    """

    __slots__ = ("__weakref__", "inputs", "op", "origin", "type")

    op: Op
    inputs: tuple[Node, ...]
    type: TensorType
    origin: Origin

    _made: ClassVar[WeakValueDictionary[tuple[Op, tuple[Node, ...]], Node]] = WeakValueDictionary()

    def __new__(cls, op: Op, inputs: Iterable[Node] = ()) -> Node:
        key = (op, tuple(inputs))
        node = cls._made.get(key)
        if node is None:
            node = object.__new__(cls)
            object.__setattr__(node, "op", op)
            object.__setattr__(node, "inputs", key[1])
            object.__setattr__(node, "type", op.infer(*(x.type for x in key[1])))
            object.__setattr__(node, "origin", current_origin())
            cls._made[key] = node
        return node

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a node is immutable: cannot set {name}")

    @property
    def shape(self) -> Shape:
        """Shape of the value, of one example if varying."""
        return self.type.shape

    def __repr__(self) -> str:
        return f"<{self.op.name} {self.type}{f' of {self.origin.layer}' if self.origin.layer else ''}>"

    def __add__(self, other: Node | float) -> Node:
        return _arithmetic("add", self, other)

    def __sub__(self, other: Node | float) -> Node:
        return _arithmetic("subtract", self, other)

    def __mul__(self, other: Node | float) -> Node:
        return _arithmetic("multiply", self, other)

    def __truediv__(self, other: Node | float) -> Node:
        return _arithmetic("divide", self, other)

    def __radd__(self, other: float) -> Node:
        return _arithmetic("add", other, self)

    def __rsub__(self, other: float) -> Node:
        return _arithmetic("subtract", other, self)

    def __rmul__(self, other: float) -> Node:
        return _arithmetic("multiply", other, self)

    def __rtruediv__(self, other: float) -> Node:
        return _arithmetic("divide", other, self)

    def __neg__(self) -> Node:
        return _arithmetic("negate", self, self)


class _Binary(Protocol):
    def __call__(self, x: Node | float, y: Node | float) -> Node: ...


#: What `+ - * /` between nodes build. `ops/arithmetic.py` fills it in: nodes know no operation.
arithmetic: dict[str, _Binary] = {}


def _arithmetic(name: str, x: Node | float, y: Node | float) -> Node:
    return arithmetic[name](x, y)


def op_of(node: Node, kind: type[O]) -> O:
    """The node's operation, which must be of this kind. Raises GraphError."""
    if not isinstance(node.op, kind):
        raise GraphError(f"expected a {kind.__name__}, found {node!r}")
    return node.op


def read_by(node: Node) -> tuple[Node, ...]:
    """The inputs whose values the operation reads."""
    return tuple(x for place, x in enumerate(node.inputs) if place != node.op.like)


def topological(roots: Sequence[Node], known: Container[Node] = ()) -> list[Node]:
    """Every node that the roots need, inputs before users, in a fixed order (depth first, inputs from left to right).

    `known` nodes are left out, and what only they need.
    """
    order: list[Node] = []
    done: set[Node] = set()
    stack: list[tuple[Node, bool]] = [(root, False) for root in reversed(roots)]
    while stack:
        node, ready = stack.pop()
        if ready:
            order.append(node)
        elif node not in done and node not in known:
            done.add(node)
            stack.append((node, True))
            stack.extend((x, False) for x in reversed(node.inputs) if x not in done)
    return order
