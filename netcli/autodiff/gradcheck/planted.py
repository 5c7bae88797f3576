"""Operations with a wrong derivative, planted to prove that the gradient check sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from netcli.autodiff.match import match
from netcli.graph import Array, Differentiable, Node, Op, Piecewise, Sample, TensorType, constant
from netcli.ops.elementwise import Elementwise

#: Makes a wrong cotangent of an input from the right one, which is None where it is zero.
Plant = Callable[[Node, Node | None], Node]


class Delegating(Differentiable):
    """An operation that does all that another one does, except what a member changes."""

    op: Differentiable

    @property
    def name(self) -> str:
        return self.op.name

    @property
    def attributes(self) -> str:
        return self.op.attributes

    def infer(self, *types: TensorType) -> TensorType:
        return self.op.infer(*types)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return self.op.forward(xp, *arrays)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return self.op.vjp(node, g)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return self.op.jvp(node, tangents)

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return self.op.flops(output, *inputs)

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return ()


def original(op: Op) -> Op:
    """The operation itself, without what was planted into it: it computes the same."""
    return op.op if isinstance(op, Delegating) else op


def _spoiled(op: SpoiledReverse | SpoiledKinkedReverse, node: Node, g: Node) -> tuple[Node | None, ...]:
    cotangents = list(op.op.vjp(node, g))
    cotangents[op.input] = op.plant(node.inputs[op.input], cotangents[op.input])
    return tuple(cotangents)


@dataclass(frozen=True)
class SpoiledReverse(Delegating):
    """The reverse rule gives a wrong cotangent for one input."""

    op: Differentiable
    input: int
    plant: Plant

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return _spoiled(self, node, g)


@dataclass(frozen=True)
class SpoiledKinkedReverse(Delegating, Piecewise):
    """The same of an operation with kinks."""

    op: Piecewise
    input: int
    plant: Plant

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return _spoiled(self, node, g)

    def branches(self, *arrays: Array) -> Array:
        return self.op.branches(*arrays)


@dataclass(frozen=True)
class SpoiledForward(Delegating):
    """The forward rule gives a tangent that is wrong by a hundredth."""

    op: Differentiable

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        tangent = self.op.jvp(node, tangents)
        return tangent and tangent * 1.01


def spoiled(op: Differentiable, input_: int, plant: Plant) -> Differentiable:
    """The operation with a wrong reverse rule for one input."""
    if isinstance(op, Piecewise):
        return SpoiledKinkedReverse(op, input_, plant)
    return SpoiledReverse(op, input_, plant)


def scaled(x: Node, dx: Node | None) -> Node:
    """Wrong by a hundredth."""
    return _zero(x) if dx is None else dx * 1.01


def shifted(x: Node, dx: Node | None) -> Node:
    """A constant too large; also where there is no derivative at all."""
    return (_zero(x) if dx is None else match(dx, x)) + constant(np.full(x.shape, 1e-3), "float64")


def truncated(x: Node, dx: Node | None) -> Node:
    """The first operand of the last sum or product alone; nothing of what is neither."""
    return dx.inputs[0] if dx is not None and _is_of_two(dx) else _zero(x)


def _is_of_two(node: Node) -> bool:
    """Whether it is a sum, a difference, a product or a quotient."""
    return isinstance(node.op, Elementwise) and len(node.inputs) == 2


def transposed(x: Node, dx: Node | None) -> Node:
    """The last two axes swapped, the elements laid out as before; of a vector, the order reversed."""
    right = _zero(x) if dx is None else match(dx, x)
    return Node(Reordered(), (right,)) if x.shape else right


@dataclass(frozen=True)
class OneElement:
    """Wrong by a hundredth in one element, counted in row-major order in an example or, if uniform, in all."""

    element: int

    def __call__(self, x: Node, dx: Node | None) -> Node:
        factors = np.ones(x.type.size)
        factors[self.element] = 1.01
        return _zero(x) if dx is None else match(dx, x) * constant(factors.reshape(x.shape), "float64")


@dataclass(frozen=True)
class Reordered(Op):
    """Elements in a wrong order; without derivatives, which a first-order check does not need."""

    def infer(self, *types: TensorType) -> TensorType:
        return types[0]

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return x[..., ::-1] if x.ndim < 3 else x.swapaxes(-1, -2).reshape(x.shape)

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return ()


@dataclass(frozen=True)
class Detached(Differentiable):
    """x, with a derivative of zero: a rule that uses it is right in first order and wrong in second."""

    def infer(self, *types: TensorType) -> TensorType:
        return types[0]

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0]

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (None,)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return None

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return ()


def detached(x: Node, dx: Node | None) -> Node:
    """Right, but cut off from what it was computed of."""
    return Node(Detached(), (_zero(x) if dx is None else dx,))


def _zero(x: Node) -> Node:
    return match(constant(0.0, "float64"), x)
