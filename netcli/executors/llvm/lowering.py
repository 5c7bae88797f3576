"""The code of each stored node, by its kernel."""

from __future__ import annotations

from netcli.errors import ExecutorError
from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.kernel import Inlined, InPanels, Late, Stored, kernel_of
from netcli.executors.llvm.kernels.elementwise import emit_expression, emit_narrow
from netcli.executors.llvm.target import Cpu
from netcli.graph import Node


def emit_block_kernel(s: Scope, node: Node) -> None:
    """The code that stores a node of a block phase; a reduction adds to its group's sums, a late one prepares its cotangents.

    A node that is fused with its producer is stored by the producer's kernel, whose epilogue computes it.
    """
    producer = s.schedule.fused.get(node)
    match kernel_of((producer or node).op):
        case Stored() as kernel:
            kernel.emit(s, producer or node, node, s.epilogue(node, producer) if producer else None)
        case Inlined():
            emit_expression(s, node)
        case _:
            raise ExecutorError(f"the llvm executor has no kernel for {node!r}")


def emit_uniform_kernel(s: Scope, node: Node) -> None:
    """The code that stores a uniform value, computed by one thread."""
    match kernel_of(node.op):
        case Stored() as kernel:
            kernel.emit_uniform(s, node)
        case Inlined():
            emit_narrow(s, node)
        case _:
            raise ExecutorError(f"the llvm executor has no kernel for {node!r}, a uniform value")


def panels(node: Node, cpu: Cpu) -> int:
    """Into how many parts the work for a late node, or for a uniform one, is cut, which the threads share."""
    match kernel_of(node.op):
        case Late() as kernel:
            return kernel.panels(node, cpu)
        case InPanels() as kernel:
            return kernel.panels(node)
    raise ExecutorError(f"{node!r} is not cut into panels")


def emit_panel(s: Scope, node: Node) -> None:
    """The code that stores a panel of a uniform node."""
    kernel = kernel_of(node.op)
    assert isinstance(kernel, InPanels), f"{node!r} is not cut into panels"
    kernel.emit_panel(s, node)


def emit_late_kernel(s: Scope, node: Node) -> None:
    """The code that sums a panel of a late reduction over the blocks of a round, which begins with `first`."""
    kernel = kernel_of(node.op)
    assert isinstance(kernel, Late), f"{node!r} is no late reduction"
    kernel.emit_late(s, node)
