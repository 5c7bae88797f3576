"""Which element-by-element operations are computed on the way out of the kernel that makes their input.

A convolution followed by its bias and its rectifier is one kernel: the sums leave the registers with both applied, and what
lies between is never stored. So `producer` is computed inside the kernel of the node that it is *fused* into, as its epilogue.
"""

from __future__ import annotations

from netcli.executors.llvm.kernel import Stored, kernel_of
from netcli.graph import Graph, Node, Placeholder
from netcli.ops.elementwise import Elementwise


def fused_producers(graph: Graph, stored: set[Node], level: dict[Node, int]) -> dict[Node, Node]:
    """For each stored node whose kernel is its producer's with an epilogue, that producer."""
    wanted = {*graph.outputs.values(), *graph.updates.values()}
    fused: dict[Node, Node] = {}
    for producer in graph.nodes:
        if producer in stored and producer not in wanted and _has_epilogue(producer):
            last = _only_reader(graph, producer, stored)
            if last is None or last in fused or level[last] != level[producer]:
                continue
            if not isinstance(producer.op, Placeholder) or _needs_only(last, producer, stored):
                fused[last] = producer
    return fused


def _has_epilogue(node: Node) -> bool:
    """Whether its kernel stores every element once, through an epilogue."""
    if isinstance(node.op, Placeholder):
        return node.type.varying
    kernel = kernel_of(node.op)
    return isinstance(kernel, Stored) and kernel.has_epilogue(node)


def _needs_only(node: Node, placeholder: Node, stored: set[Node]) -> bool:
    """Whether a node needs nothing of the examples but a placeholder, which is gathered before all else is computed."""
    stack = list(node.inputs)
    while stack:
        x = stack.pop()
        if x in stored and x is not placeholder:
            if x.type.varying:
                return False
        else:
            stack += x.inputs
    return True


def _only_reader(graph: Graph, producer: Node, stored: set[Node]) -> Node | None:
    """The stored node that a value goes into and no other, if each of its elements needs that very element of the value."""
    found: set[Node] = set()
    stack = list(graph.users[producer])
    while stack:
        user = stack.pop()
        if not isinstance(user.op, Elementwise) or user.shape != producer.shape:
            return None
        if user in stored:
            found.add(user)
        else:
            stack += graph.users[user]
    return found.pop() if len(found) == 1 else None
