"""Operations along one axis: softmax, its logarithm, the maximum and its place; of every example, or of a uniform value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from llvmlite import ir

from netcli.executors.llvm.expressions import Scope, one_of
from netcli.executors.llvm.ir import F32, Array, Epilogue, Index
from netcli.executors.llvm.kernel import Stored
from netcli.executors.llvm.lanes import Lanes, to_memory
from netcli.graph import Node
from netcli.ops.reduce import FirstMaximum, Max
from netcli.ops.softmax import LogSoftmax, Softmax


def emit_softmax(s: Scope, node: Node) -> None:
    """Softmax or log-softmax along the last axis: the maximum, the sum of the exponentials, the results."""
    (x,) = node.inputs
    source, target, e = s.array(x), s.array(node), s.e
    *outer, classes = x.shape
    with blocks_of(s, node) as block, s.over(outer) as indices:
        top = _maximum(s, source, indices, classes, block)
        with e.carrying(classes, [e.splat(0.0)]) as turn:
            power = _exp(s, e.b.fsub(e.value(source, (*indices, turn.index), block), top))
            put(s, Lanes(e, power, "float32"), target, (*indices, turn.index), block)
            turn.values = [e.b.fadd(turn.values[0], power)]
        (total,) = turn.values
        if isinstance(node.op, LogSoftmax):
            logarithm = to_memory(s.xp.log(Lanes(e, total, "float32")))
            with e.loop(classes) as k:
                shifted = e.b.fsub(e.value(source, (*indices, k), block), top)
                put(s, Lanes(e, e.b.fsub(shifted, logarithm), "float32"), target, (*indices, k), block)
        else:
            with e.loop(classes) as k:
                share = e.b.fdiv(e.value(target, (*indices, k), block), total)
                put(s, Lanes(e, share, "float32"), target, (*indices, k), block)


def emit_maximum(s: Scope, node: Node) -> None:
    """The maximum along an axis; or 1 where the first one stands, 0 elsewhere. NaN counts as the maximum, as in numpy."""
    assert isinstance(node.op, Max | FirstMaximum)
    (x,) = node.inputs
    target, e, dtype = s.array(node), s.e, node.type.dtype
    axis = len(x.shape) + node.op.axis
    others = [1 if a == axis else n for a, n in enumerate(x.shape)]
    with blocks_of(s, node) as block, s.over(others) as indices:

        def place(i: Index, indices: Sequence[Index] = indices) -> tuple[Index, ...]:
            return (*indices[:axis], i, *indices[axis + 1 :])

        s.forget()
        first = s.at(x, place(0), block)
        with e.carrying(x.shape[axis], [first.value, e.splat(0.0)]) as turn:
            s.forget()
            value, best = s.at(x, place(turn.index), block), Lanes(e, turn.values[0], dtype)
            # greater, or NaN where the best so far is none: the first NaN wins
            better = ~(value <= best) & ~s.xp.isnan(best)
            turn.values = [
                better.choose(value, best).value,
                better.choose(_number(s, turn.index), _where(s, turn.values)).value,
            ]
        if isinstance(node.op, Max):
            put(s, Lanes(e, turn.values[0], dtype), target, indices, block)
        else:
            with e.loop(x.shape[axis]) as i:
                here = _where(s, turn.values) == _number(s, i)
                put(s, here.astype(dtype), target, place(i), block)
    s.forget()


def _where(s: Scope, values: Sequence[ir.Value]) -> Lanes:
    return Lanes(s.e, values[1], "float32")


def _number(s: Scope, index: Index) -> Lanes:
    return Lanes(s.e, s.e.splat(s.e.b.sitofp(s.e.index(index), F32)), "float32")


@contextmanager
def blocks_of(s: Scope, node: Node) -> Iterator[Index]:
    """A loop over the blocks of a varying value; a uniform one is computed once."""
    if node.type.varying:
        with s.e.loop(s.blocks) as block:
            yield block
    else:
        yield 0


def put(s: Scope, value: Lanes, target: Array, indices: Sequence[Index], block: Index) -> None:
    """Store an element of a varying or of a uniform value."""
    address = s.e.address(target, indices, block)
    if target.varying:
        s.put(value, address)
    else:
        s.e.b.store(one_of(value), address)


def _maximum(s: Scope, source: Array, indices: Sequence[Index], classes: int, block: Index) -> ir.Value:
    e = s.e
    with e.carrying(classes, [e.value(source, (*indices, 0), block)]) as turn:
        value = e.value(source, (*indices, turn.index), block)
        greater = e.b.fcmp_unordered(">", value, turn.values[0])
        turn.values = [e.b.select(greater, value, turn.values[0])]
    top: ir.Value = turn.values[0]
    return top


def _exp(s: Scope, vector: ir.Value) -> ir.Value:
    return to_memory(s.xp.exp(Lanes(s.e, vector, "float32")))


class SoftmaxRows(Stored):
    """Softmax and log-softmax."""

    serves = (Softmax, LogSoftmax)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        emit_softmax(s, node)

    def emit_uniform(self, s: Scope, node: Node) -> None:
        emit_softmax(s, node)


class Maxima(Stored):
    """The maximum, and its place."""

    serves = (Max, FirstMaximum)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        emit_maximum(s, node)

    def emit_uniform(self, s: Scope, node: Node) -> None:
        emit_maximum(s, node)
