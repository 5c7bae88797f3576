"""What the optimizer does to a parameter, as a formula."""

from __future__ import annotations

from netcli.graph import Graph, Node, Variable, op_of, topological
from netcli.report.graphs.formula import formulas
from netcli.report.graphs.roles import gradients_of, is_computed


def update_formula(graph: Graph, parameter: Node) -> str | None:
    """What becomes of a parameter: `− lr · ∂weight` where something is subtracted from it; None if it is not updated.

    Its names: `∂p` the gradient of p, a slot of the optimizer by what it holds, and what the graph has an output for: `lr`.
    """
    new = graph.updates.get(parameter)
    if new is None:
        return None
    label = op_of(parameter, Variable).label
    short = label.rpartition("/")[2]
    names = {node: name for name, node in graph.outputs.items() if is_computed(node)}
    names |= {g: f"∂{short}" for w, g in gradients_of(graph).items() if w is parameter}
    way = [node for node in topological([new]) if node.origin.phase == "update" and is_computed(node) and node not in names]

    def name(node: Node) -> str:
        if isinstance(node.op, Variable):
            return node.op.label.removesuffix(f"/{label}").rpartition("/")[2]
        return names.get(node) or graph.names[node]

    return formulas(way, name)[new].removeprefix(f"{short} ")
