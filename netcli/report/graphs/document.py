"""A graph as one JSON document."""

from __future__ import annotations

from typing import Any

from netcli.analysis.inspect.records import Flow
from netcli.analysis.inspect.roles import is_computed, origins
from netcli.graph import Graph, Node, Origin, Variable, op_of


def as_json(graph: Graph, flow: Flow | None = None) -> dict[str, Any]:
    """`{"nodes": [...], "outputs": {NAME: id}, "updates": {VARIABLE: id}}`, nodes in graph order: inputs before users.

    A node is `{"id", "name", "op", "attributes", "inputs", "shape", "varying", "dtype", "phase", "layer", "line", "flops",
    "forward"}`. Ids count from 0; `shape` leaves the batch of a varying node out; `flops` are those of one example if the
    node is varying or reads a varying value, else those of a step. `forward` is, for a backward node, the id of the forward
    node to whose derivative it belongs. Layer, line and forward are null where there is none.

    With a `flow` there are also `examples`, and in every node `values`, its statistics, and `update_ratio`, null but for a
    parameter that is updated.
    """
    ids = {node: number for number, node in enumerate(graph.nodes)}
    found = origins(graph)
    nodes = [_entry(node, graph.names[node], found[node], ids) for node in graph.nodes]
    if flow is not None:
        nodes = [entry | _flowing(flow, node) for entry, node in zip(nodes, graph.nodes, strict=True)]
    document = {
        "nodes": nodes,
        "outputs": {name: ids[node] for name, node in graph.outputs.items()},
        "updates": {op_of(target, Variable).label: ids[value] for target, value in graph.updates.items()},
    }
    return document if flow is None else {**document, "examples": flow.examples}


def _flowing(flow: Flow, node: Node) -> dict[str, Any]:
    return {"values": flow.statistics[node].as_json(), "update_ratio": flow.update_ratios.get(node)}


def _entry(node: Node, name: str, origin: Origin, ids: dict[Node, int]) -> dict[str, Any]:
    partner = origin.forward if origin.phase == "backward" and is_computed(node) else None
    return {
        "id": ids[node],
        "name": name,
        "op": node.op.name,
        "attributes": node.op.attributes,
        "inputs": [ids[x] for x in node.inputs],
        "shape": list(node.shape),
        "varying": node.type.varying,
        "dtype": node.type.dtype,
        "phase": origin.phase,
        "layer": origin.layer or None,
        "line": origin.line,
        "flops": node.op.flops(node.type, *(x.type for x in node.inputs)),
        "forward": ids.get(partner) if partner is not None else None,
    }
