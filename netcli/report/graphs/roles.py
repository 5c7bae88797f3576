"""What nodes are to a reader: the phase they belong to, which values they read, which operations only change a value's form.

Works on the graph as it was built. In a graph that passes have rewritten, a backward node may no longer know its forward
node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netcli.graph import Constant, Graph, Leaf, Node, Origin, Variable, op_of, topological

#: Graphs for inspection have an output of this name, with the label of a parameter, for each gradient.
GRADIENT = "gradients/"

#: Operations that change the form of a value, not the value: pictures draw them into the row of what they serve.
PLUMBING = frozenset({"reshape", "broadcast", "cast", "batch_broadcast"})

#: The input (by place) that tells an operation how many examples there are; its values are not read.
_LIKE: Mapping[str, int] = {"batch_broadcast": 1, "batch_size": 0, "random_uniform": 2}


def read_by(node: Node) -> tuple[Node, ...]:
    """The inputs whose values the operation reads."""
    like = _LIKE.get(node.op.name)
    return tuple(x for place, x in enumerate(node.inputs) if place != like)


def origins(graph: Graph) -> dict[Node, Origin]:
    """The origin of every node. A constant, shared by all who need its value, belongs to the first node that reads it."""
    found = {node: node.origin for node in graph.nodes}
    for node in graph.nodes:
        if isinstance(node.op, Constant):
            users = graph.users[node]
            found[node] = users[0].origin if users else Origin()
    return found


def gradients_of(graph: Graph) -> dict[Node, Node]:
    """The gradient of each variable, by the graph's outputs `gradients/LABEL`; empty for a graph without."""
    labels = {op_of(node, Variable).label: node for node in graph.variables}
    named = {name.removeprefix(GRADIENT): node for name, node in graph.outputs.items() if name.startswith(GRADIENT)}
    return {labels[label]: node for label, node in named.items() if label in labels}


def differentiated(graph: Graph, variables: Iterable[Node]) -> set[Node]:
    """The forward nodes through which gradients of the variables flow: those between them and the objective."""
    needed = topological([objective_of(graph)])
    active = set(variables)
    for node in needed:
        if node.type.is_float and not active.isdisjoint(read_by(node)):
            active.add(node)
    return active.intersection(needed)


def objective_of(graph: Graph) -> Node:
    """What is minimised: the output `objective`, else `loss`."""
    return graph.outputs["objective" if "objective" in graph.outputs else "loss"]


def kept_values(graph: Graph) -> list[Node]:
    """The forward values that the backward graph reads, in graph order."""
    kept = {
        x
        for node in graph.nodes
        if node.origin.phase == "backward"
        for x in read_by(node)
        if x.origin.phase == "forward" and not isinstance(x.op, Constant)
    }
    return [node for node in graph.nodes if node in kept]


def is_computed(node: Node) -> bool:
    """Whether the node computes something; leaves only stand for a value."""
    return not isinstance(node.op, Leaf)
