"""Values in another form, element by element where they are read: repeated, reshaped, moved, labels as vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from llvmlite import ir

from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import F32, I64, Index, Layout
from netcli.executors.llvm.kernel import Inlined
from netcli.executors.llvm.lanes import Lanes
from netcli.executors.llvm.storage import is_squeeze
from netcli.graph import Node, Shape, op_of
from netcli.ops.one_hot import OneHot
from netcli.ops.reduce import BatchBroadcast
from netcli.ops.shape import Broadcast, Reshape, Reverse, Transpose
from netcli.ops.slice import Pad, Slice, resized


class Repeated(Inlined):
    """Along axes."""

    serves = (Broadcast,)
    only_shapes = True

    def is_cheap(self, node: Node) -> bool:
        return True

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        return s.operand(node.inputs[0], indices, block)


class RepeatedForTheBatch(Inlined):
    """For every example."""

    serves = (BatchBroadcast,)

    def is_cheap(self, node: Node) -> bool:
        return True

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        return s.at(node.inputs[0], indices, block)


class Reshaped(Inlined):
    """The same elements in row-major order."""

    serves = (Reshape,)
    only_shapes = True
    view = True

    def is_cheap(self, node: Node) -> bool:
        return True

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        (x,) = node.inputs
        if is_squeeze(node):
            return s.at(x, _squeezed(x.shape, node.shape, indices, s.flat), block)
        return s.at(x, _unravelled(s, s.e.element(Layout.dense(node.shape), indices), x.shape), block)


class Reversed(Inlined):
    """Along one axis."""

    serves = (Reverse,)
    by_number = True

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        axis, turned = op_of(node, Reverse).axis, list(indices)
        turned[axis] = s.e.add(node.shape[axis] - 1, s.e.mul(-1, turned[axis]))
        return s.at(node.inputs[0], turned, block)


class Transposed(Inlined):
    """The axes in another order."""

    serves = (Transpose,)
    by_number = True

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        order = op_of(node, Transpose).order
        return s.at(node.inputs[0], [indices[order.index(axis)] for axis in range(len(order))], block)


class Parts(Inlined):
    """A part along one axis; stored, it lies where the input does, if it is one along the first axis."""

    serves = (Slice,)
    by_number = True

    def part_of(self, node: Node) -> tuple[Node, int] | None:
        op, (x,) = op_of(node, Slice), node.inputs
        return (x, op.begin) if -op.axis == len(node.shape) else None

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        op = op_of(node, Slice)
        at = s.e.add(op.begin, indices[op.axis])
        return s.at(node.inputs[0], resized(tuple(indices), op.axis, at), block)


class Padded(Inlined):
    """Zeros around a value along one axis; where they are, its first element is read and not used."""

    serves = (Pad,)
    by_number = True

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        (x,), op, b = node.inputs, op_of(node, Pad), s.e.b
        last = I64(x.shape[op.axis] - 1)
        at = b.sub(s.e.index(indices[op.axis]), I64(op.before))
        inside = b.icmp_unsigned("<=", at, last)  # what lies before is, unsigned, large
        value = s.at(x, resized(tuple(indices), op.axis, b.select(inside, at, I64(0))), block)
        zero = Lanes.constant(s.e, 0, value.dtype)
        return Lanes(s.e, b.select(inside, value.value, zero.value), value.dtype)


class Labels(Inlined):
    """A label compared with the number of its place."""

    serves = (OneHot,)
    by_number = True

    def is_cheap(self, node: Node) -> bool:
        return True

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        label = s.at(node.inputs[0], indices[:-1], block).astype("float32")
        number = s.e.splat(s.e.b.sitofp(s.e.index(indices[-1]), F32))
        return (label == Lanes(s.e, number, "float32")).astype(op_of(node, OneHot).dtype)


def _squeezed(before: Shape, after: Shape, indices: Sequence[Index], flat: bool) -> tuple[Index, ...]:
    """The indices before a reshape that only adds or removes axes of length 1."""
    if flat:
        return tuple(indices)
    kept = iter(i for n, i in zip(after, indices, strict=True) if n != 1)
    return tuple(next(kept) if n != 1 else 0 for n in before)


def _unravelled(s: Scope, number: Index, shape: Shape) -> tuple[Index, ...]:
    """The indices of an element of a row-major array by its number."""
    if isinstance(number, int):
        return tuple(int(i) for i in np.unravel_index(number, shape))
    indices: list[Index] = []
    rest: ir.Value = number
    for n in reversed(shape):
        indices.insert(0, s.e.b.urem(rest, I64(n)) if n != 1 else 0)
        rest = s.e.b.udiv(rest, I64(n)) if n != 1 else rest
    return tuple(indices)
