"""What every pass that goes from node to node has in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from netcli.graph import Graph, Leaf, Node, Origin, made_by


def rewrite(graph: Graph, rule: Callable[[Node, tuple[Node, ...]], Node]) -> Graph:
    """Rebuild a graph from its leaves: `rule(node, inputs)` gives the node that stands for `node`, its inputs rewritten before.

    New nodes keep the origin of those they stand for. Variables that are updated stay what they are.
    """
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        with made_by(_origin(node, new)):
            new[node] = node if isinstance(node.op, Leaf) else rule(node, tuple(new[x] for x in node.inputs))
    outputs = {name: new[node] for name, node in graph.outputs.items()}
    return Graph(outputs, {target: new[value] for target, value in graph.updates.items()})


def _origin(node: Node, new: Mapping[Node, Node]) -> Origin:
    """The node's origin; a backward node now belongs to what its forward node was replaced by."""
    forward = node.origin.forward
    if forward is None or new.get(forward, forward) is forward:
        return node.origin
    return replace(node.origin, forward=new[forward])
