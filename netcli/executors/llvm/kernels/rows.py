"""Operations along one axis of an example: softmax, its logarithm, the maximum and its place."""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import F32, Array, Index
from netcli.executors.llvm.lanes import Lanes, to_memory
from netcli.graph import Node
from netcli.ops.reduce import FirstMaximum, Max
from netcli.ops.softmax import LogSoftmax


def emit_softmax(s: Scope, node: Node) -> None:
    """Softmax or log-softmax along the last axis: the maximum, the sum of the exponentials, the results."""
    (x,) = node.inputs
    source, target, e = s.array(x), s.array(node), s.e
    *outer, classes = x.shape
    with e.loop(s.blocks) as block, s.over(outer) as indices:
        top = _maximum(s, source, indices, classes, block)
        with e.carrying(classes, [e.splat(0.0)]) as turn:
            power = _exp(s, e.b.fsub(e.value(source, (*indices, turn.index), block), top))
            e.store(power, e.address(target, (*indices, turn.index), block))
            turn.values = [e.b.fadd(turn.values[0], power)]
        (total,) = turn.values
        if isinstance(node.op, LogSoftmax):
            logarithm = to_memory(s.xp.log(Lanes(e, total, "float32")))
            with e.loop(classes) as k:
                shifted = e.b.fsub(e.value(source, (*indices, k), block), top)
                e.store(e.b.fsub(shifted, logarithm), e.address(target, (*indices, k), block))
        else:
            with e.loop(classes) as k:
                address = e.address(target, (*indices, k), block)
                e.store(e.b.fdiv(e.load(address), total), address)


def emit_maximum(s: Scope, node: Node) -> None:
    """The maximum along an axis; or 1 where the first one stands, 0 elsewhere. NaN counts as the maximum, as in numpy."""
    assert isinstance(node.op, Max | FirstMaximum)
    (x,) = node.inputs
    source, target, e = s.array(x), s.array(node), s.e
    axis = len(x.shape) + node.op.axis
    others = [1 if a == axis else n for a, n in enumerate(x.shape)]
    with e.loop(s.blocks) as block, s.over(others) as indices:

        def place(i: Index, indices: Sequence[Index] = indices) -> tuple[Index, ...]:
            return (*indices[:axis], i, *indices[axis + 1 :])

        start = [e.value(source, place(0), block), e.splat(0.0)]
        with e.carrying(x.shape[axis], start) as turn:
            value, (best, where) = e.value(source, place(turn.index), block), turn.values
            # greater, or NaN where the best so far is none: the first NaN wins
            better = e.b.and_(e.b.not_(e.b.fcmp_ordered("<=", value, best)), e.b.fcmp_ordered("ord", best, best))
            number = e.splat(e.b.sitofp(turn.index, F32))
            turn.values = [e.b.select(better, value, best), e.b.select(better, number, where)]
        best, where = turn.values
        if isinstance(node.op, Max):
            e.store(best, e.address(target, indices, block))
        else:
            with e.loop(x.shape[axis]) as i:
                here = e.b.fcmp_ordered("==", where, e.splat(e.b.sitofp(i, F32)))
                e.store(e.b.select(here, e.splat(1.0), e.splat(0.0)), e.address(target, place(i), block))


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
