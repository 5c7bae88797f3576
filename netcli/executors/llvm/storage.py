"""Which values are stored, and which are computed where they are read.

Element-by-element operations are *inlined* into whoever reads them, unless several do, or one that needs an address. What is
not inlined is *stored*: it has a buffer and a kernel that fills it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from netcli.executors.llvm.winograd import WinogradConv2D, WinogradFilter, WinogradWeightGrad
from netcli.graph import Constant, Graph, Node, Op
from netcli.ops.avg_pool2d import AvgPool2D, AvgPool2DGrad
from netcli.ops.conv2d import Conv2D, Conv2DInputGrad, Conv2DWeightGrad
from netcli.ops.dense import Dense, DenseWeightGrad
from netcli.ops.elementwise import Elementwise
from netcli.ops.max_pool2d import MaxPool2D, MaxPool2DGrad, MaxPool2DTake
from netcli.ops.one_hot import OneHot
from netcli.ops.random_uniform import RandomUniform
from netcli.ops.reduce import BatchBroadcast, BatchSize, BatchSum, FirstMaximum, Max, Sum
from netcli.ops.relu import Abs, Relu
from netcli.ops.select import Greater, Select
from netcli.ops.shape import Broadcast, Cast, Reshape, Reverse
from netcli.ops.shift2d import Shift2D, Shift2DGrad
from netcli.ops.softmax import LogSoftmax, Softmax

#: Computed element by element, each from the same element of what is read.
INDEXWISE: tuple[type[Op], ...] = (Elementwise, Relu, Abs, Greater, Select, Cast)
#: Computed where they are read, from an index alone.
INLINED: tuple[type[Op], ...] = (*INDEXWISE, Broadcast, BatchBroadcast, OneHot, RandomUniform, Reshape, Reverse)
#: Kernels whose input may be an inlined expression; all others read buffers.
READS_EXPRESSIONS: tuple[type[Op], ...] = (*INLINED, Sum, BatchSum)
#: Kernels of their own.
STORED: tuple[type[Op], ...] = (
    Conv2D, Conv2DInputGrad, Conv2DWeightGrad, Dense, DenseWeightGrad, MaxPool2D, MaxPool2DGrad, MaxPool2DTake, AvgPool2D,
    AvgPool2DGrad, Softmax, LogSoftmax, Sum, Max, FirstMaximum, BatchSum, BatchSize, Shift2D, Shift2DGrad,
    WinogradFilter, WinogradConv2D, WinogradWeightGrad,
)  # fmt: skip
#: Reductions over the batch: uniform results of varying inputs.
REDUCTIONS: tuple[type[Op], ...] = (BatchSum, Conv2DWeightGrad, DenseWeightGrad, WinogradWeightGrad)
#: Reductions that the threads share after a round of blocks, see schedule.py.
LATE: tuple[type[Op], ...] = (DenseWeightGrad,)
#: Uniform values whose work is cut into strips, which the threads share.
IN_STRIPS: tuple[type[Op], ...] = (WinogradFilter,)
#: So cheap that they are computed again for every reader, if what they read is at hand.
_CHEAP: tuple[type[Op], ...] = (Cast, Broadcast, BatchBroadcast, OneHot, Greater, Reshape)
#: Operations in an inlined expression, one on top of the other: they are written by recursion.
_DEEPEST = 64


def is_squeeze(node: Node) -> bool:
    """Whether a reshape only adds or removes axes of length 1."""
    op = node.op
    return isinstance(op, Reshape) and [n for n in op.before if n != 1] == [n for n in op.after if n != 1]


def memory_of(node: Node, copied: Container[Node] = ()) -> Node:
    """The node in whose buffer a stored value lies: a reshape looks at the memory of what it was, unless it is a copy."""
    while isinstance(node.op, Reshape) and node not in copied:
        (node,) = node.inputs
    return node


def stored_nodes(graph: Graph, level: dict[Node, int]) -> set[Node]:
    """The nodes with a buffer."""
    wanted = {*graph.outputs.values(), *graph.updates.values(), *graph.updates}
    stored: set[Node] = set()
    for node in reversed(graph.nodes):
        users = graph.users[node]
        if isinstance(node.op, Constant):
            keep = node.shape != () or node in wanted
        elif not isinstance(node.op, INLINED):
            keep = True
        else:
            keep = node in wanted or _must_be_stored(node, users, level) or any(_aliases(user, stored) for user in users)
        if keep:
            stored.add(node)
            if isinstance(node.op, Reshape):
                stored.add(memory_of(node))
    return _not_too_deep(graph, stored)


def copied_reshapes(graph: Graph, stored: set[Node], halos: Mapping[Node, object]) -> set[Node]:
    """The stored reshapes that are copies, since zeros lie around their elements or around those that they are made of."""
    copied: set[Node] = set()
    for node in graph.nodes:
        if node in stored and isinstance(node.op, Reshape) and (node in halos or memory_of(node.inputs[0], copied) in halos):
            copied.add(node)
    return copied


def _not_too_deep(graph: Graph, stored: set[Node]) -> set[Node]:
    """Also the nodes with which inlined expressions would become deeper than code can be written for."""
    depth: dict[Node, int] = {}
    deep: set[Node] = set()
    for node in graph.nodes:
        depth[node] = 0 if node in stored else max((depth[x] + 1 for x in node.inputs), default=0)
        if depth[node] >= _DEEPEST and not isinstance(node.op, Reshape):
            deep.add(node)
            depth[node] = 0
    return stored | deep


def _aliases(user: Node, stored: set[Node]) -> bool:
    return user in stored and isinstance(user.op, Reshape)


def _must_be_stored(node: Node, users: Sequence[Node], level: dict[Node, int]) -> bool:
    """Whether a reader needs an address, another phase reads it, or computing it for each reader would be dear."""
    if isinstance(node.op, Reshape) and not is_squeeze(node):
        return True
    if any(not isinstance(user.op, READS_EXPRESSIONS) for user in users):
        return True
    if any(isinstance(user.op, Reshape) and not is_squeeze(user) for user in users):
        return True
    if any(level[user] != level[node] or (user.type.varying != node.type.varying and not node.type.varying) for user in users):
        return True
    if isinstance(node.op, Greater) and node.type.varying and any(user.type.size > node.type.size for user in users):
        return True  # decided once, not for each element that the choice is about
    return len(users) > 1 and not isinstance(node.op, _CHEAP)
