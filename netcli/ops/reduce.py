"""Reductions over the axes of one example, and over the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import ClassVar, Literal

import numpy as np

from netcli.errors import GraphError
from netcli.graph import Array, Differentiable, Multilinear, Node, Op, Piecewise, Sample, TensorType, uniform, varying
from netcli.ops.checks import check_floats
from netcli.ops.exponential import sqrt
from netcli.ops.shape import reshape


@dataclass(frozen=True)
class Sum(Multilinear):
    """Sum over axes, counted from the right; each stays, 1 long."""

    axes: tuple[int, ...]

    def infer(self, *types: TensorType) -> TensorType:
        (x,) = types
        check_floats(self, x)
        return _reduced(self, x, self.axes)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0].sum(axis=self.axes, keepdims=True)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (g,)  # broadcast by the engine

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and Node(self, (tangents[0],))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return inputs[0].size - output.size

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls((-2, -1)), (varying(2, 3, 2),)), Sample(cls((-2,)), (uniform(3, 2),))]


@dataclass(frozen=True)
class Max(Piecewise):
    """The greatest value along an axis, counted from the right, which stays, 1 long. The first maximum gets the gradient."""

    axis: int

    def infer(self, *types: TensorType) -> TensorType:
        return _reduced(self, types[0], (self.axis,))

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0].max(axis=self.axis, keepdims=True)

    def forward_complex(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return np.take_along_axis(x, np.expand_dims(x.real.argmax(axis=self.axis), self.axis), self.axis)

    def branches(self, *arrays: Array) -> Array:
        return arrays[0].argmax(axis=self.axis)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (g * first_maximum(node.inputs[0], self.axis),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        (x,), (dx,) = node.inputs, tangents
        return dx and Node(Sum((self.axis,)), (dx * first_maximum(x, self.axis),))

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return inputs[0].size - output.size

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(-1), (varying(4),)), Sample(cls(-2), (varying(3, 2),))]


@dataclass(frozen=True)
class FirstMaximum(Piecewise):
    """1 where the first maximum along an axis stands, 0 elsewhere. Its derivative is zero wherever it has one."""

    choosers: ClassVar[tuple[int, ...]] = (0,)

    axis: int

    def infer(self, *types: TensorType) -> TensorType:
        _reduced(self, types[0], (self.axis,))
        return types[0]

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        first = xp.expand_dims(x.argmax(axis=self.axis), self.axis)
        places = xp.arange(x.shape[self.axis]).reshape((-1,) + (1,) * (-1 - self.axis))
        return (places == first).astype(x.dtype)

    def branches(self, *arrays: Array) -> Array:
        return arrays[0].argmax(axis=self.axis)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (None,)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return None

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return output.size

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(-1), (varying(4),)), Sample(cls(-2), (varying(3, 2),))]


@dataclass(frozen=True)
class BatchSum(Multilinear):
    """Sum over the examples of the batch: varying -> uniform."""

    def infer(self, *types: TensorType) -> TensorType:
        (x,) = types
        check_floats(self, x)
        if not x.varying:
            raise GraphError(f"{self.name} expected a varying value, found {x}")
        return TensorType(x.shape, x.dtype)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0].sum(axis=0)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (g,)  # broadcast over the batch by the engine

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0] and batch_sum(tangents[0])

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return output.size

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(), (varying(3, 2),)), Sample(cls(), (varying(),))]


@dataclass(frozen=True)
class BatchBroadcast(Differentiable):
    """A uniform value for every example of the batch of `like`, whose values do not matter: uniform, varying -> varying."""

    like = 1
    plumbing: ClassVar[Literal["same", "repeated"] | None] = "repeated"

    def infer(self, *types: TensorType) -> TensorType:
        x, like = types
        if x.varying or not like.varying:
            raise GraphError(f"{self.name} expected a uniform and a varying value, found {x} and {like}")
        return TensorType(x.shape, x.dtype, varying=True)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        x, like = arrays
        return xp.broadcast_to(x, (like.shape[0], *x.shape))

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return g, None  # summed over the batch by the engine

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return tangents[0]

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(), (uniform(3), varying(2)))]


@dataclass(frozen=True)
class BatchSize(Differentiable):
    """The number of examples in the batch of a varying value, as a uniform scalar. Its derivative is zero."""

    like = 0

    def infer(self, *types: TensorType) -> TensorType:
        (x,) = types
        if not x.varying or not x.is_float:
            raise GraphError(f"{self.name} expected varying floats, found {x}")
        return TensorType((), x.dtype)

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        (x,) = arrays
        return xp.asarray(x.shape[0], x.dtype)

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (None,)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return None

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return [Sample(cls(), (varying(2),))]


def sum_over(x: Node, axes: Sequence[int] | None = None) -> Node:
    """Sum over axes counted from the right, which stay, 1 long; over all axes, to a scalar, if none are named."""
    if axes is None:
        every = tuple(range(-len(x.shape), 0))
        return reshape(Node(Sum(every), (x,)), ()) if every else x
    return Node(Sum(tuple(axes)), (x,))


def max_over(x: Node, axis: int = -1) -> Node:
    """The greatest value along an axis, which stays, 1 long."""
    return Node(Max(axis), (x,))


def first_maximum(x: Node, axis: int = -1) -> Node:
    """1 where the first maximum along an axis stands, 0 elsewhere."""
    return Node(FirstMaximum(axis), (x,))


def batch_sum(x: Node) -> Node:
    """Sum over the batch."""
    return Node(BatchSum(), (x,))


def batch_broadcast(x: Node, like: Node) -> Node:
    """A uniform value for every example of the batch of `like`."""
    return Node(BatchBroadcast(), (x, like))


def batch_mean(x: Node) -> Node:
    """The mean over the examples of the batch, however many they are."""
    return batch_sum(x) / Node(BatchSize(), (x,))


def norm(x: Node) -> Node:
    """The Euclidean norm of all elements, of one example if varying: a scalar."""
    return sqrt(sum_over(x * x))


def _reduced(op: Op, x: TensorType, axes: tuple[int, ...]) -> TensorType:
    """x with these axes 1 long. Raises GraphError."""
    rank = len(x.shape)
    if not axes or any(not -rank <= axis < 0 for axis in axes):
        raise GraphError(f"{op.name} over the axes {axes} of {x}: axes count from the right, -1 is the last")
    return x.with_shape(tuple(1 if axis - rank in axes else n for axis, n in enumerate(x.shape)))
