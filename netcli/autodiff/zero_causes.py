"""Why a derivative is zero: the operations at which what one number moves comes to rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netcli.autodiff.flow import Flow
from netcli.autodiff.gradcheck.tolerance import DUALITY, DUALITY_FLOOR
from netcli.graph import Array, Node

#: Operations that multiply two operands, element by element or summed up.
_PRODUCTS = frozenset({"multiply", "dense", "conv2d"})
#: Operations that only add up.
_SUMS = frozenset({"add", "subtract", "sum", "batch_sum", "avg_pool2d"})


@dataclass(frozen=True)
class ZeroCause:
    """A node that stays as it is although an operand moves, and why."""

    node: Node
    reason: str


def is_zero(found: Flow) -> bool:
    """Whether the derivative is zero, or so small beside the terms that cancel in it that it is only their rounding."""
    return abs(found.reverse) <= DUALITY * found.terms and abs(found.forward) <= DUALITY * found.terms


def moving(found: Flow) -> dict[Node, None]:
    """The nodes that the number moves, by more than the rounding of terms that cancel; a set in graph order."""
    nodes = {found.x: None}
    for node in found.nodes[1:]:
        operands = _operands(node, nodes)
        if operands and _moves(found, node, operands):
            nodes[node] = None
    return nodes


def zero_causes(found: Flow) -> list[ZeroCause]:
    """Where the ways from the number end: the nodes at rest that read one that moves. None if the result itself moves."""
    nodes = moving(found)
    if found.y in nodes:
        return []
    resting = {node: _operands(node, nodes) for node in found.nodes if node not in nodes}
    return [ZeroCause(node, _reason(found, node, operands)) for node, operands in resting.items() if operands]


def _operands(node: Node, nodes: Mapping[Node, None]) -> list[Node]:
    return [u for u in dict.fromkeys(node.inputs) if u in nodes]


def _moves(found: Flow, node: Node, operands: list[Node]) -> bool:
    """Whether a tangent is more than the rounding of terms that cancel in it, or is not a number."""
    if node.op.name not in _SUMS | _PRODUCTS:
        return bool(np.any(found.tangents[node]))
    return not np.all(np.abs(found.tangents[node]) <= DUALITY_FLOOR * _absolute(found, node, operands))


def _absolute(found: Flow, node: Node, operands: list[Node]) -> Array:
    """The tangent of an operation that adds or multiplies as it were without signs: zero where there is nothing to add."""
    if node.op.name in {"add", "subtract"}:
        return np.asarray(sum(np.abs(found.tangents[u]) for u in operands))
    parts = []
    for place, u in enumerate(node.inputs):
        if u in operands:
            inputs = [np.abs(found.tangents[u] if other == place else found.values[v]) for other, v in enumerate(node.inputs)]
            parts.append(node.op.forward(np, *inputs))
    return np.asarray(sum(parts))


def _reason(found: Flow, node: Node, operands: list[Node]) -> str:
    """Why the node rests although these operands move."""
    (operand, *others) = operands
    moved = found.tangents[operand] != 0
    count = int(np.count_nonzero(moved))
    name = node.op.name
    if name == "relu":
        largest = float(found.values[operand][moved].max())
        return f"its inputs are ≤ 0 wherever the number moves them: at {_places(count)}, the largest is {largest:.4g}"
    if name == "select":
        return f"it takes the other value wherever the number moves this one: at {_places(count)}"
    if name == "max_pool2d":
        return f"none of {_places(count)} that the number moves holds the maximum of its window"
    if name in _PRODUCTS and not others and not np.any(_absolute(found, node, operands)):
        return "all that the number is multiplied with there is 0 in this batch"
    if name in _SUMS | _PRODUCTS:
        return "what the number adds there and what it takes away cancel"
    return f"its derivative is 0 wherever the number moves its input: at {_places(count)}"


def _places(count: int) -> str:
    return f"{count:,} place{'' if count == 1 else 's'}"
