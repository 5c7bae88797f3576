"""Which values are stored, and which are computed where they are read.

Element-by-element operations are *inlined* into whoever reads them, unless several do, or one that needs an address. What is
not inlined is *stored*: it has a buffer and a kernel that fills it.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from netcli.executors.llvm.kernel import Inlined, is_served_by, kernel_of
from netcli.graph import Constant, Graph, Node

#: Operations in an inlined expression, one on top of the other: they are written by recursion.
_DEEPEST = 64


def is_view(node: Node) -> bool:
    """Whether it has the same elements in the same order as its input, so that both may lie in the same memory."""
    kernel = kernel_of(node.op)
    return isinstance(kernel, Inlined) and kernel.view


def is_squeeze(node: Node) -> bool:
    """Whether such a node only adds or removes axes of length 1."""
    return is_view(node) and [n for n in node.inputs[0].shape if n != 1] == [n for n in node.shape if n != 1]


def memory_of(node: Node, copied: Container[Node] = ()) -> Node:
    """The node in whose buffer a stored value lies: a reshape looks at the memory of what it was, unless it is a copy."""
    while is_view(node) and node not in copied:
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
        elif not is_served_by(node, Inlined):
            keep = True
        else:
            keep = node in wanted or _must_be_stored(node, users, level) or any(_aliases(user, stored) for user in users)
        if keep:
            stored.add(node)
            if is_view(node):
                stored.add(memory_of(node))
    return _not_too_deep(graph, stored)


def copied_reshapes(graph: Graph, stored: set[Node], halos: Mapping[Node, object]) -> set[Node]:
    """The stored reshapes that are copies, since zeros lie around their elements or around those that they are made of."""
    copied: set[Node] = set()
    for node in graph.nodes:
        if node in stored and is_view(node) and (node in halos or memory_of(node.inputs[0], copied) in halos):
            copied.add(node)
    return copied


def _not_too_deep(graph: Graph, stored: set[Node]) -> set[Node]:
    """Also the nodes with which inlined expressions would become deeper than code can be written for."""
    depth: dict[Node, int] = {}
    deep: set[Node] = set()
    for node in graph.nodes:
        depth[node] = 0 if node in stored else max((depth[x] + 1 for x in node.inputs), default=0)
        if depth[node] >= _DEEPEST and not is_view(node):
            deep.add(node)
            depth[node] = 0
    return stored | deep


def _aliases(user: Node, stored: set[Node]) -> bool:
    return user in stored and is_view(user)


def _must_be_stored(node: Node, users: Sequence[Node], level: dict[Node, int]) -> bool:
    """Whether a reader needs an address, another phase reads it, or computing it for each reader would be dear."""
    if is_view(node) and not is_squeeze(node):
        return True
    if not all(map(_reads_expressions, users)):
        return True
    if any(is_view(user) and not is_squeeze(user) for user in users):
        return True
    if any(level[user] != level[node] or (user.type.varying != node.type.varying and not node.type.varying) for user in users):
        return True
    if node.type.dtype == "bool" and node.type.varying and any(user.type.size > node.type.size for user in users):
        return True  # decided once, not for each element that the choice is about
    kernel = kernel_of(node.op)
    return len(users) > 1 and not (isinstance(kernel, Inlined) and kernel.is_cheap(node))


def _reads_expressions(node: Node) -> bool:
    """Whether what it reads may be an inlined expression."""
    kernel = kernel_of(node.op)
    return kernel is not None and kernel.reads_expressions(node)
