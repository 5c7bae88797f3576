"""Bringing examples into lanes."""

from __future__ import annotations

from llvmlite import ir

from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import F32, I8, I32, I64, Emitter, Layout
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.target import LANES
from netcli.graph import Node

#: Types of the elements of data in memory.
_RAW = {"bool": I8, "uint8": I8, "int32": I32, "uint32": I32, "float32": F32}


def emit_gather(module: ir.Module, plan: Plan, node: Node, name: str) -> ir.Function:
    """A function that gathers the examples of some blocks: data (n, size), row-major, -> [block][element][16 lanes].

    It has the parameters of a kernel, then the data and the indices of the batch's examples. Values lie there as `from_memory`
    wants them. Empty lanes of the last block repeat the last example, so that they hold ordinary values.
    """
    raw, floats = _RAW[node.type.dtype], F32.as_pointer()
    parameters = [floats, floats, I64, I64, I64, I64, raw.as_pointer(), I64.as_pointer()]
    function = ir.Function(module, ir.FunctionType(ir.VoidType(), parameters), name)
    *kernel, data, indices = function.args
    e = Emitter(module, ir.IRBuilder(function.append_basic_block("entry")))
    scope, dense = Scope(e, plan, kernel), Layout.dense(node.shape)
    target, last = scope.array(node), e.b.sub(scope.examples, I64(1))
    with e.loop(scope.blocks) as block, e.loop(LANES) as lane:
        example = e.b.add(e.b.mul(e.b.add(scope.first, block), I64(LANES)), lane)
        within = e.b.icmp_signed("<", example, scope.examples)
        row = e.b.load(e.b.gep(indices, [e.b.select(within, example, last)]))
        start = e.b.gep(data, [e.index(e.mul(row, node.type.size))])
        with scope.over(node.shape) as place:
            value = e.b.load(e.b.gep(start, [e.index(e.element(dense, place))]))
            e.b.store(_stored(e, value, node), e.b.gep(e.address(target, place, block), [lane]))
    e.b.ret_void()
    return function


def _stored(e: Emitter, value: ir.Value, node: Node) -> ir.Value:
    return e.b.uitofp(value, F32) if node.type.dtype in {"bool", "uint8"} else e.b.bitcast(value, F32)
