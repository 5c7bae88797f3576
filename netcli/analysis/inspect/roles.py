"""What nodes are to a reader: which phase they belong to, which values they read, which operations only change a form.

This works on graphs as they are built, where every backward node knows its forward node.
"""

from __future__ import annotations

from collections.abc import Iterable

from netcli.graph import Constant, Graph, Known, Leaf, Node, Origin, Placeholder, Variable, op_of, read_by, topological

#: Graphs for inspection have an output of this name, with the label of a parameter, for each gradient.
GRADIENT = "gradients/"


def is_computed(node: Node) -> bool:
    """Whether the node computes something; leaves only stand for a value."""
    return not isinstance(node.op, Leaf)


def is_count(node: Node) -> bool:
    """Whether the node is computed from nothing but the number of examples: pictures write it where it is read."""
    return is_computed(node) and not read_by(node)


def is_parameter(node: Node) -> bool:
    """Whether the node is a variable that is trained."""
    return isinstance(node.op, Variable) and node.op.trainable


def origins(graph: Graph) -> dict[Node, Origin]:
    """The origin of every node. Constants and placeholders, which no layer makes, have that of the first node that reads
    them."""
    found = {node: node.origin for node in graph.nodes}
    for node in graph.nodes:
        if isinstance(node.op, Constant | Placeholder):
            users = graph.users[node]
            found[node] = users[0].origin if users else Origin()
    return found


def gradients_of(graph: Graph) -> dict[Node, Node]:
    """The gradient of each variable, by the graph's outputs `gradients/LABEL`; empty for a graph without."""
    labels = {op_of(node, Variable).label: node for node in graph.variables}
    named = {name.removeprefix(GRADIENT): node for name, node in graph.outputs.items() if name.startswith(GRADIENT)}
    return {labels[label]: node for label, node in named.items() if label in labels}


def end_of(graph: Graph) -> str:
    """The output that is minimised: `objective`, else `loss`."""
    return "objective" if "objective" in graph.outputs else "loss"


def needed(graph: Graph) -> list[Node]:
    """The nodes that what is minimised is computed from, in graph order."""
    found = set(topological([graph.outputs[end_of(graph)]]))
    return [node for node in graph.nodes if node in found]


def reached_from(sources: Iterable[Node], nodes: Iterable[Node]) -> set[Node]:
    """The sources, and those of `nodes` (inputs before users) whose values depend on them."""
    found = set(sources)
    for node in nodes:
        if not found.isdisjoint(read_by(node)):
            found.add(node)
    return found


def forward_values(node: Node) -> tuple[Node, ...]:
    """The values of the forward graph that a node reads; constants and the number of examples are none."""
    forward = [x for x in read_by(node) if x.origin.phase == "forward"]
    return tuple(x for x in forward if not isinstance(x.op, Known) and not is_count(x))


def kept_values(graph: Graph) -> list[Node]:
    """The forward values that the backward graph reads, in graph order."""
    kept = {x for node in graph.nodes if node.origin.phase == "backward" for x in forward_values(node)}
    return [node for node in graph.nodes if node in kept]
