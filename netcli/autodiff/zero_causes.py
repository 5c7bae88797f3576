"""Why a derivative is zero: the operations at which what one number moves comes to rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netcli.autodiff.flow import Flow
from netcli.autodiff.gradcheck.tolerance import DUALITY, DUALITY_FLOOR
from netcli.graph import Additive, Array, Node


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
    unsigned = _unsigned(found, node, operands)
    if unsigned is None:
        return bool(np.any(found.tangents[node]))
    return not np.all(np.abs(found.tangents[node]) <= DUALITY_FLOOR * unsigned)


def _unsigned(found: Flow, node: Node, operands: list[Node]) -> Array | None:
    """The tangent of an operation that adds up, as it were without signs: zero where there is nothing to add. Else None."""
    if not isinstance(node.op, Additive):
        return None
    tangents = [found.tangents[u] if u in operands else None for u in node.inputs]
    return node.op.unsigned([found.values[u] for u in node.inputs], tangents)


def _reason(found: Flow, node: Node, operands: list[Node]) -> str:
    """Why the node rests although these operands move."""
    unsigned = _unsigned(found, node, operands)
    if unsigned is not None and np.any(unsigned):
        return "what the number adds there and what it takes away cancel"
    operand = operands[0]
    return node.op.at_rest(found.values[operand][found.tangents[operand] != 0])
