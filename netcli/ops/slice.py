"""A part of a value along one axis; and its transpose, zeros around a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TypeVar

from netcli.errors import GraphError
from netcli.graph import Array, Differentiable, Node, Sample, TensorType, uniform, varying
from netcli.ops.checks import check_axis, length_along

T = TypeVar("T")


@dataclass(frozen=True)
class Slice(Differentiable):
    """`size` neighbours along one axis, counted from the right: y[…, i, …] = x[…, begin + i, …], 0 ≤ i < size."""

    axis: int
    begin: int
    size: int

    def __post_init__(self) -> None:
        check_axis(self, self.axis)
        if self.begin < 0 or self.size < 1:
            raise GraphError(f"{self.name} of {self.size} elements from number {self.begin}: at least 1 from 0 or later")

    def infer(self, *types: TensorType) -> TensorType:
        (x,) = types
        length = length_along(self, self.axis, x)
        if self.begin + self.size > length:
            raise GraphError(f"{self.name} of the elements {self.begin} to {self.begin + self.size - 1} of {length}: {x}")
        return x.with_shape(resized(x.shape, self.axis, self.size))

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return x[resized((slice(None),) * x.ndim, self.axis, slice(self.begin, self.begin + self.size))]

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        after = node.inputs[0].shape[self.axis] - self.begin - self.size
        return (pad(g, self.axis, self.begin, after),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and Node(self, (tangents[0],))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(-3, 1, 2), (varying(4, 3, 2),)),
            Sample(cls(-1, 0, 3), (varying(2, 2, 5),)),
            Sample(cls(-2, 2, 1), (varying(3, 2),)),
            Sample(cls(-1, 1, 17), (uniform(19),)),
        ]


@dataclass(frozen=True)
class Pad(Differentiable):
    """Zeros before and after the values along one axis, counted from the right: y[…, before + i, …] = x[…, i, …]."""

    axis: int
    before: int = 0
    after: int = 0

    def __post_init__(self) -> None:
        check_axis(self, self.axis)
        if min(self.before, self.after) < 0:
            raise GraphError(f"{self.name} by {self.before} before and {self.after} after: that is no number of zeros")

    def infer(self, *types: TensorType) -> TensorType:
        (x,) = types
        length = length_along(self, self.axis, x)
        return x.with_shape(resized(x.shape, self.axis, self.before + length + self.after))

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return xp.pad(x, resized(((0, 0),) * x.ndim, self.axis, (self.before, self.after)))

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (part(g, self.axis, self.before, node.inputs[0].shape[self.axis]),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and Node(self, (tangents[0],))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [
            Sample(cls(-3, before=1, after=2), (varying(2, 3, 2),)),
            Sample(cls(-1, after=1), (varying(2, 2, 3),)),
            Sample(cls(-2, before=2), (varying(1, 2),)),
            Sample(cls(-1, before=3, after=1), (uniform(17),)),
        ]


def part(x: Node, axis: int, begin: int, size: int) -> Node:
    """`size` elements of x from number `begin` on along an axis counted from the right; x itself if that is all of it."""
    return x if begin == 0 and -axis <= len(x.shape) and size == x.shape[axis] else Node(Slice(axis, begin, size), (x,))


def pad(x: Node, axis: int, before: int, after: int) -> Node:
    """x between so many zeros before and after it along an axis counted from the right; x itself if there are none."""
    return x if before == after == 0 else Node(Pad(axis, before, after), (x,))


def resized(shape: tuple[T, ...], axis: int, length: T) -> tuple[T, ...]:
    """A shape with another length along an axis counted from the right; or so any tuple that has an entry for each axis."""
    at = len(shape) + axis
    return (*shape[:at], length, *shape[at + 1 :])
