"""Where gradients flow, and why they do not."""

from __future__ import annotations

from collections.abc import Sequence

from netcli.errors import MissingRuleError
from netcli.graph import Differentiable, Leaf, Node, Placeholder, Variable, topological


def describe(node: Node) -> str:
    """A node in words: the operation, its layer and line."""
    if isinstance(node.op, Variable | Placeholder):
        return f"{node.op.name} {node.op.label}"
    line = f", line {node.origin.line}" if node.origin.line is not None else ""
    return f"{node.op.name} of layer {node.origin.layer}{line}" if node.origin.layer else node.op.name


def rules_of(node: Node) -> Differentiable:
    """The operation's derivative rules. Raises MissingRuleError, with the operation and the layer."""
    if isinstance(node.op, Differentiable):
        return node.op
    raise MissingRuleError(
        f"{describe(node)} has no derivative rule, but a gradient must pass through it",
        hint=f"give {type(node.op).__name__} a vjp and a jvp, or take it off the path from the parameters to the loss",
    )


def active_nodes(order: Sequence[Node], xs: set[Node]) -> set[Node]:
    """The nodes on a path of floats that starts at an x; `order` has inputs before users."""
    active: set[Node] = set()
    for node in order:
        if node in xs or (node.type.is_float and not active.isdisjoint(node.inputs)):
            active.add(node)
    return active


def explain_no_path(x: Node, ys: Sequence[Node]) -> str:
    """That no gradient of ys reaches x, and why."""
    return f"{describe(x)} has no gradient: {why_no_path(x, ys)}"


def why_no_path(x: Node, ys: Sequence[Node]) -> str:
    """Why no gradient of ys reaches x: where the paths that start at x end."""
    reached: dict[Node, None] = {x: None}  # a set in graph order
    ends: list[str] = []
    for node in topological(ys):
        if isinstance(node.op, Leaf) or reached.keys().isdisjoint(node.inputs):
            continue
        if node.type.is_float:
            reached[node] = None
        else:
            ends.append(f"{describe(node)} gives {node.type.dtype}, which has no derivative")
    if not ends and len(reached) == 1:
        return "nothing that is differentiated depends on it"
    after = list(reached)[1:]
    ends += [f"{describe(node)} has no derivative rule" for node in after if not isinstance(node.op, Differentiable)]
    ends = ends or [f"the derivative of {describe(node)} is zero" for node in after if node in set(ys)]
    return "; ".join(dict.fromkeys(ends))
