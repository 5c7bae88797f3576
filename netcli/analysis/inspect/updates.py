"""What the optimizer does to a parameter, as a formula."""

from __future__ import annotations

from netcli.analysis.inspect.formula import formulas
from netcli.analysis.inspect.roles import gradients_of, is_computed
from netcli.graph import Graph, Node, Variable, op_of, topological

#: The formula of an update that is not written out.
TOO_LONG = "…"


def update_nodes(graph: Graph, parameter: Node) -> list[Node]:
    """The optimizer's nodes from a parameter's gradient to its new value, which is the last; none if it is not updated.

    What the graph has an output for, such as the learning rate, is not among them, nor what that is computed from alone.
    """
    new = graph.updates.get(parameter)
    if new is None:
        return []
    ends = [node for node in graph.outputs.values() if is_computed(node)]
    return [node for node in topological([new], ends) if node.origin.phase == "update" and is_computed(node)]


def update_formula(graph: Graph, parameter: Node) -> str | None:
    """What becomes of a parameter: `− lr · ∂weight` where something is subtracted from it; None if it is not updated.

    A formula that is too long is `TOO_LONG`. Its names: `∂p` the gradient of p, a slot of the optimizer by what it holds, and
    what the graph has an output for: `lr`.
    """
    way = update_nodes(graph, parameter)
    if not way:
        return None
    label = op_of(parameter, Variable).label
    short = label.rpartition("/")[2]
    names = {node: name for name, node in graph.outputs.items() if is_computed(node)}
    names |= {g: f"∂{short}" for w, g in gradients_of(graph).items() if w is parameter}

    def name(node: Node) -> str:
        if isinstance(node.op, Variable):
            return node.op.label.removesuffix(f"/{label}").rpartition("/")[2]
        return names.get(node) or graph.names[node]

    text = formulas(way, name)[way[-1]]
    return TOO_LONG if text == f"{way[-1].op.name}(…)" else text.removeprefix(f"{short} ")
