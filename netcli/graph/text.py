"""The stable text form of a graph: one node a line."""

from __future__ import annotations

from netcli.graph.graph import Graph
from netcli.graph.leaves import Constant, Variable
from netcli.graph.node import Node


def text(graph: Graph) -> str:
    """`name = op(inputs) attributes : type` in graph order, then outputs and updates; numbers stand where they are read."""
    names = {node: _number(node) or name for node, name in graph.names.items()}
    lines = []
    for node in graph.nodes:
        if _number(node) is not None:
            continue
        inputs = ", ".join(names[x] for x in node.inputs)
        attributes = f" {node.op.attributes}" if node.op.attributes else ""
        call = f"{node.op.name}({inputs})" if node.inputs else node.op.name
        lines.append(f"{names[node]} = {call}{attributes} : {node.type}")
    lines += [f"output {name}" + (f" = {names[node]}" if names[node] != name else "") for name, node in graph.outputs.items()]
    lines += [
        f"update {target.op.label} := {names[value]}"
        for target, value in graph.updates.items()
        if isinstance(target.op, Variable)
    ]
    return "\n".join(lines) + "\n"


def _number(node: Node) -> str | None:
    """The value of a scalar constant."""
    return node.op.attributes.removeprefix("value=") if isinstance(node.op, Constant) and node.shape == () else None
