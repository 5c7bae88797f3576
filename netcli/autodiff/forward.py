"""Forward mode: tangents carried along with the values."""

from __future__ import annotations

from collections.abc import Sequence

from netcli.autodiff.match import match
from netcli.autodiff.paths import rules_of
from netcli.graph import Node, constant, derivative_of, topological


def jvp(ys: Sequence[Node], xs: Sequence[Node], tangents: Sequence[Node]) -> list[Node]:
    """Add the tangent graph and return the tangent of each y, of its type, when the xs move along `tangents`.

    Forward accumulation (Wengert, 1964). A y that does not depend on the xs has the tangent zero. Raises MissingRuleError.
    """
    moving: dict[Node, Node] = {x: match(dx, x) for x, dx in zip(xs, tangents, strict=True)}
    for node in topological(ys):
        inputs = tuple(moving.get(x) for x in node.inputs)
        if node in moving or not node.type.is_float or not any(inputs):
            continue
        with derivative_of(node):
            dy = rules_of(node).jvp(node, inputs)
            if dy is not None:
                moving[node] = match(dy, node)
    return [moving[y] if y in moving else match(constant(0.0, y.type.dtype), y) for y in ys]
