"""Operations that move values without computing: reshape, broadcast, reverse, transpose, cast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar, Literal

import numpy as np

from netcli.errors import GraphError
from netcli.graph import Array, Differentiable, DType, Node, Sample, Shape, TensorType, uniform, varying
from netcli.ops.checks import check_axis, length_along
from netcli.ops.elementwise import Elementwise


@dataclass(frozen=True)
class Reshape(Differentiable):
    """The same values in row-major order in another shape (of one example: the batch stays)."""

    plumbing: ClassVar[Literal["same", "repeated"] | None] = "same"

    before: Shape
    after: Shape

    def infer(self, *types: TensorType) -> TensorType:
        (x,) = types
        result = x.with_shape(self.after)
        if x.shape != self.before or result.size != x.size:
            raise GraphError(f"{self.name} cannot make {result} of {x}: {result.size} elements of {x.size}")
        return result

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return x.reshape(x.shape[: x.ndim - len(self.before)] + self.after)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (reshape(g, self.before),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and reshape(tangents[0], self.after)

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls((2, 3), (6,)), (varying(2, 3),)), Sample(cls((4,), (4, 1, 1)), (uniform(4),))]


@dataclass(frozen=True)
class Broadcast(Differentiable):
    """Repeat along the axes that are 1 long, to this shape."""

    plumbing: ClassVar[Literal["same", "repeated"] | None] = "repeated"

    shape: Shape

    def infer(self, *types: TensorType) -> TensorType:
        (x,) = types
        if len(x.shape) != len(self.shape) or any(n not in {1, m} for n, m in zip(x.shape, self.shape, strict=True)):
            raise GraphError(f"{self.name} cannot repeat {x} to the shape {self.shape}")
        return x.with_shape(self.shape)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return xp.broadcast_to(x, x.shape[: x.ndim - len(self.shape)] + self.shape)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (g,)  # summed by the engine, as for every broadcast

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0]

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls((3, 2)), (varying(3, 1),)), Sample(cls((4, 3)), (uniform(1, 3),))]


@dataclass(frozen=True)
class Reverse(Differentiable):
    """The same values in reverse order along one axis, counted from the right: y[…, i, …] = x[…, n - 1 - i, …]."""

    axis: int

    def __post_init__(self) -> None:
        check_axis(self, self.axis)

    def infer(self, *types: TensorType) -> TensorType:
        (x,) = types
        length_along(self, self.axis, x)
        return x

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.flip(arrays[0], self.axis)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (reverse(g, self.axis),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and reverse(tangents[0], self.axis)

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(-1), (varying(2, 3, 4),)),
            Sample(cls(-2), (varying(2, 3, 2),)),
            Sample(cls(-1), (uniform(18),)),
            Sample(cls(-3), (uniform(3, 2, 2),)),
        ]


@dataclass(frozen=True)
class Transpose(Differentiable):
    """The axes of one example in another order: axis i of y, from the left and without the batch, is axis order[i] of x."""

    order: tuple[int, ...]

    def __post_init__(self) -> None:
        if sorted(self.order) != list(range(len(self.order))):
            raise GraphError(f"{self.name} to the order {self.order}: that is not each of the axes 0 to {len(self.order) - 1}")

    def infer(self, *types: TensorType) -> TensorType:
        (x,) = types
        if len(x.shape) != len(self.order):
            raise GraphError(f"{self.name} of {x}: it has {len(x.shape)} axes, and {len(self.order)} are put in order")
        return x.with_shape(tuple(x.shape[axis] for axis in self.order))

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        batch = x.ndim - len(self.order)
        return xp.transpose(x, (*range(batch), *(batch + axis for axis in self.order)))

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (transpose(g, tuple(self.order.index(axis) for axis in range(len(self.order)))),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and transpose(tangents[0], self.order)

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls((1, 0, 2)), (varying(2, 3, 2),)),
            Sample(cls((2, 0, 1)), (varying(2, 3, 4),)),
            Sample(cls((1, 0)), (uniform(3, 7),)),
        ]


@dataclass(frozen=True)
class Cast(Elementwise, Differentiable):
    """The same values in another dtype; a boolean is 0 or 1. Only floats have a derivative."""

    plumbing: ClassVar[Literal["same", "repeated"] | None] = "same"

    dtype: DType

    def infer(self, *types: TensorType) -> TensorType:
        (x,) = types
        return TensorType(x.shape, self.dtype, x.varying)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0].astype(self.dtype)

    def forward_complex(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return x if self.dtype in {"float32", "float64"} else np.asarray(self.forward(xp, np.real(x)))

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        (x,) = node.inputs
        return (cast(g, x.type.dtype) if x.type.is_float else None,)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and cast(tangents[0], self.dtype)

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls("float64"), (varying(3, high=9, dtype="uint8"),)), Sample(cls("float64"), (varying(3),))]


def reshape(x: Node, shape: Shape) -> Node:
    """x in another shape; x itself if it has it."""
    return x if x.shape == shape else Node(Reshape(x.shape, shape), (x,))


def broadcast(x: Node, shape: Shape) -> Node:
    """x repeated to a shape of the same rank; x itself if it has it."""
    return x if x.shape == shape else Node(Broadcast(shape), (x,))


def reverse(x: Node, axis: int) -> Node:
    """x in reverse order along an axis, counted from the right."""
    return Node(Reverse(axis), (x,))


def transpose(x: Node, order: Shape) -> Node:
    """x with its axes in this order, counted from the left without the batch."""
    return Node(Transpose(order), (x,))


def cast(x: Node, dtype: DType) -> Node:
    """x in another dtype; x itself if it has it."""
    return x if x.type.dtype == dtype else Node(Cast(dtype), (x,))
