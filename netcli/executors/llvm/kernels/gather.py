"""Bringing examples into lanes."""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import F32, I8, I32, I64, VECTOR, Array, Emitter, Epilogue, Index, Layout
from netcli.executors.llvm.kernels.tiles import transposed_lanes
from netcli.executors.llvm.target import LANES
from netcli.graph import Node

#: Types of the elements of data in memory.
_RAW = {"bool": I8, "uint8": I8, "int32": I32, "uint32": I32, "float32": F32}


def gather_parameters(node: Node) -> list[ir.Type]:
    """What a gathering kernel is given besides what every kernel is: the data, and the indices of the batch's examples."""
    return [_RAW[node.type.dtype].as_pointer(), I64.as_pointer()]


def emit_gather(s: Scope, node: Node, data: ir.Value, indices: ir.Value) -> None:
    """Gather the examples of some blocks: data (n, *shape), row-major, -> [block][element][16 lanes].

    Values lie there as `from_memory` wants them. Empty lanes of the last block repeat the last example, so that they hold
    ordinary values. A node that is fused with the placeholder is stored in its place.
    """
    e = s.e
    stored = s.schedule.gathered(node)
    epilogue = s.epilogue(stored, node) if stored is not node else None
    target = s.array(stored)
    with e.loop(s.blocks) as block:
        examples = [_example(s, node, data, indices, block, lane) for lane in range(LANES)]
        if node.shape and node.shape[-1] >= LANES:
            _transposed(s, node, examples, target, epilogue, block)
        else:
            _one_by_one(s, node, examples, target, epilogue, block)


def _example(s: Scope, node: Node, data: ir.Value, indices: ir.Value, block: Index, lane: int) -> ir.Value:
    """Where the example of a lane begins."""
    e = s.e
    last = e.b.sub(s.examples, I64(1))
    number = e.index(e.add(e.mul(e.add(s.first, block), LANES), lane))
    within = e.b.icmp_signed("<", number, last)
    row = e.b.load(e.b.gep(indices, [e.b.select(within, number, last)]))
    return e.b.gep(data, [e.index(e.mul(row, node.type.size))])


def _transposed(
    s: Scope, node: Node, examples: Sequence[ir.Value], target: Array, epilogue: Epilogue | None, block: Index
) -> None:
    """Sixteen neighbours of every example at a time; the last sixteen of an axis may meet some that were stored before."""
    e, dense, (*outer, width) = s.e, Layout.dense(node.shape), node.shape
    whole = -(-width // LANES)
    with s.over(outer) as place, e.loop(whole) as tile:
        at, last = e.mul(tile, LANES), I64(width - LANES)
        start = e.b.select(e.b.icmp_signed("<", e.index(at), last), e.index(at), last)
        offset = e.index(e.element(dense, (*place, start)))
        rows = [_sixteen(e, e.b.gep(example, [offset]), node) for example in examples]
        for k, value in enumerate(transposed_lanes(e, rows)):
            indices = (*place, e.add(start, k))
            e.store(epilogue(value, indices, block) if epilogue else value, e.address(target, indices, block))


def _one_by_one(
    s: Scope, node: Node, examples: Sequence[ir.Value], target: Array, epilogue: Epilogue | None, block: Index
) -> None:
    """One element of every example at a time."""
    e, dense = s.e, Layout.dense(node.shape)
    with s.over(node.shape) as place:
        offset = e.index(e.element(dense, place))
        value = ir.Constant(ir.VectorType(_RAW[node.type.dtype], LANES), ir.Undefined)
        for lane, example in enumerate(examples):
            value = e.b.insert_element(value, e.b.load(e.b.gep(example, [offset])), I32(lane))
        value = _stored(e, value, node)
        e.store(epilogue(value, place, block) if epilogue else value, e.address(target, place, block))


def _sixteen(e: Emitter, address: ir.Value, node: Node) -> ir.Value:
    """Sixteen neighbouring elements of one example, from anywhere."""
    vector = ir.VectorType(_RAW[node.type.dtype], LANES)
    size = 1 if node.type.dtype in {"bool", "uint8"} else 4
    return _stored(e, e.b.load(e.b.bitcast(address, vector.as_pointer()), align=size), node)


def _stored(e: Emitter, vector: ir.Value, node: Node) -> ir.Value:
    return e.b.uitofp(vector, VECTOR) if node.type.dtype in {"bool", "uint8"} else e.b.bitcast(vector, VECTOR)
