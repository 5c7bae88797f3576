"""Expressions stored element by element, and reductions of expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llvmlite import ir

from netcli.executors.llvm.expressions import Scope, one_of
from netcli.executors.llvm.ir import F32, Epilogue, Index
from netcli.executors.llvm.kernel import Reduction, SumOverAxes
from netcli.executors.llvm.lanes import to_memory
from netcli.executors.llvm.levels import Wide
from netcli.executors.llvm.target import LANES
from netcli.graph import Node
from netcli.ops.reduce import BatchSum, Sum


def emit_expression(s: Scope, node: Node) -> None:
    """Store a varying expression, block by block, element by element."""
    target = s.array(node)
    with s.e.loop(s.blocks) as block, s.over(node.shape) as indices:
        s.forget()
        s.put(s.at(node, indices, block, compute=True), s.e.address(target, indices, block))
    s.forget()


def emit_sum(s: Scope, node: Node) -> None:
    """A sum over axes of a varying expression."""
    assert isinstance(node.op, Sum)
    (x,) = node.inputs
    target = s.array(node)
    with s.e.loop(s.blocks) as block, s.over(node.shape) as indices:

        def add(inner: Sequence[Index], total: ir.Value, block: Index = block, indices: Sequence[Index] = indices) -> ir.Value:
            s.forget()
            at = [s.e.add(i, j) for i, j in zip(indices, inner, strict=True)]
            return s.e.b.fadd(total, to_memory(s.at(x, at, block)))

        reduced = [n if axis - len(x.shape) in node.op.axes else 1 for axis, n in enumerate(x.shape)]
        total = _accumulate(s, reduced, add, s.e.splat(0.0), ())
        s.e.store(total, s.e.address(target, indices, block))
    s.forget()


def emit_batch_sum(s: Scope, node: Node) -> None:
    """A sum over the blocks and their lanes, added to the group's; empty lanes weigh nothing."""
    (x,) = node.inputs
    target = s.partial(node)
    with s.over(node.shape) as indices:
        with s.e.carrying(s.blocks, [s.e.splat(0.0)]) as turn:
            s.forget()
            value = to_memory(s.at(x, indices, turn.index))
            kept = s.e.b.select(s.occupied(turn.index), value, s.e.splat(0.0))
            turn.values = [s.e.b.fadd(turn.values[0], kept)]
        address = s.e.address(target, indices)
        s.e.b.store(s.e.b.fadd(s.e.b.load(address), s.e.lane_sum(turn.values[0])), address)
    s.forget()


def emit_wide(s: Scope, wide: Wide) -> None:
    """A slice of a loop over elements of uniform values: `blocks` vectors from number `first`; its sums go to slice `part`."""
    e, sums = s.e, [node for node in wide.nodes if isinstance(node.op, Sum)]
    with e.carrying(s.blocks, [e.splat(0.0)] * len(sums)) as turn:
        index = e.mul(e.add(s.first, turn.index), LANES)
        s.forget()
        totals = iter(turn.values)
        following = []
        for node in wide.nodes:
            if isinstance(node.op, Sum):
                value = to_memory(s.at(node.inputs[0], (index,), 0))
                kept = value if wide.size % LANES == 0 else e.b.select(s.below(index), value, e.splat(0.0))
                following.append(e.b.fadd(next(totals), kept))
            else:
                value = to_memory(s.at(node, (index,), 0, compute=True))
                e.store(value, e.b.gep(s.array(node).pointer, [e.index(index)]))
        turn.values = following
    for node, total in zip(sums, turn.values, strict=True):
        e.b.store(e.lane_sum(total), e.b.gep(s.partials(node), [s.part]))
    s.forget()


def emit_narrow(s: Scope, node: Node) -> None:
    """Store a uniform value element by element: an expression, or a sum over axes."""
    target, e = s.array(node), s.e
    if not isinstance(node.op, Sum):
        with s.over(node.shape) as indices:
            s.forget()
            e.b.store(one_of(s.at(node, indices, 0, compute=True)), e.address(target, indices))
        s.forget()
        return
    (x,) = node.inputs
    reduced = [n if axis - len(x.shape) in node.op.axes else 1 for axis, n in enumerate(x.shape)]
    with s.over(node.shape) as indices:

        def add(inner: Sequence[Index], total: ir.Value, indices: Sequence[Index] = indices) -> ir.Value:
            s.forget()
            at = [e.add(i, j) for i, j in zip(indices, inner, strict=True)]
            return e.b.fadd(total, one_of(s.at(x, at, 0)))

        e.b.store(_accumulate(s, reduced, add, F32(0.0), ()), e.address(target, indices))
    s.forget()


def _accumulate(
    s: Scope,
    shape: Sequence[int],
    add: Callable[[Sequence[Index], ir.Value], ir.Value],
    total: ir.Value,
    before: tuple[Index, ...],
) -> ir.Value:
    """`total` with `add(indices, total)` applied for every index of a shape, row-major, kept in a register."""
    if not shape:
        return add(before, total)
    if shape[0] == 1:
        return _accumulate(s, shape[1:], add, total, (*before, 0))
    with s.e.carrying(shape[0], [total]) as turn:
        turn.values = [_accumulate(s, shape[1:], add, turn.values[0], (*before, turn.index))]
    last: ir.Value = turn.values[0]
    return last


class Sums(SumOverAxes):
    """Over axes."""

    serves = (Sum,)

    def reads_expressions(self, node: Node) -> bool:
        return True

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        emit_sum(s, node)

    def emit_uniform(self, s: Scope, node: Node) -> None:
        emit_narrow(s, node)


class BatchSums(Reduction):
    """Over the batch."""

    serves = (BatchSum,)

    def reads_expressions(self, node: Node) -> bool:
        return True

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        emit_batch_sum(s, node)
