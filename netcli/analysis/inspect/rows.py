"""The forward column of the mirrored picture: which nodes stand in which row of which layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from netcli.analysis.inspect.roles import is_computed, is_count, is_parameter, needed, origins, reached_from
from netcli.graph import Graph, Node, Placeholder, read_by

#: What a row stands for: the data on their way, a value computed aside, a parameter.
Role = Literal["data", "side", "parameter"]


@dataclass(frozen=True, eq=False)
class Row:
    """An operation, a parameter or what is fed, with the reshapes and casts behind it."""

    role: Role
    layer: str
    nodes: list[Node]

    @property
    def head(self) -> Node:
        """The operation, or the leaf."""
        return self.nodes[0]


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a graph by layer, each in the order of computation, and the row of every node that has one.

    `flowing` are the nodes through which gradients come; `settled` those that do not depend on what is fed.
    """

    by_layer: Mapping[str, Sequence[Row]]
    of: Mapping[Node, Row]
    flowing: frozenset[Node]
    settled: frozenset[Node]


def forward_rows(graph: Graph) -> Rows:
    """Sort the nodes that what is minimised is computed from into rows. Numbers and statistics stand in no row of their own."""
    nodes = [node for node in needed(graph) if node.origin.phase == "forward"]
    flowing = frozenset(reached_from(filter(is_parameter, nodes), [node for node in nodes if node.type.is_float]))
    settled = frozenset(set(nodes) - reached_from(filter(_is_fed, nodes), nodes))
    layers = {node: origin.layer for node, origin in origins(graph).items()}
    trained = {layers[node] for node in flowing}
    by_layer: dict[str, list[Row]] = {}
    of: dict[Node, Row] = {}
    for node in filter(_has_row, nodes):
        row = _row_of_operand(node, layers[node], of)
        if row is None:
            # in layers in front of all parameters, where no gradient comes, all that is fed is on its way
            on_its_way = (node in flowing or layers[node] not in trained) and node not in settled
            role: Role = "parameter" if is_parameter(node) else "data" if on_its_way else "side"
            row = Row(role, layers[node], [])
            by_layer.setdefault(row.layer, []).append(row)
        row.nodes.append(node)
        of[node] = row
    return Rows(by_layer, of, flowing, settled)


def _is_fed(node: Node) -> bool:
    return isinstance(node.op, Placeholder)


def _has_row(node: Node) -> bool:
    return (is_computed(node) and not is_count(node)) or is_parameter(node) or _is_fed(node)


def _row_of_operand(node: Node, layer: str, rows: Mapping[Node, Row]) -> Row | None:
    """The row that the node only brings into another form, if that is a row of its layer and this is its last value."""
    if not node.op.plumbing:
        return None
    operand = read_by(node)[0]
    row = rows.get(operand)
    return row if row is not None and row.layer == layer and row.nodes[-1] is operand and not _is_fed(row.head) else None
