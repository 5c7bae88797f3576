"""Which node stands in which box of the page: each node of a graph in one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from netcli.analysis.inspect.derivatives import Result
from netcli.analysis.inspect.mirror import Entry, Mirror
from netcli.analysis.inspect.roles import is_count, is_parameter
from netcli.graph import Graph, Known, Leaf, Node, Variable, op_of, topological


@dataclass(frozen=True, eq=False)
class Box:
    """A box: its text, the nodes that it computes (or the parameter it is), and the leaves that are shown with them."""

    text: str
    nodes: list[Node] = field(default_factory=list)
    leaves: list[Node] = field(default_factory=list)

    def as_json(self, ids: Mapping[Node, int]) -> dict[str, Any]:
        """Text and ids, in graph order."""
        return {
            "text": self.text,
            "nodes": sorted(ids[node] for node in self.nodes),
            "leaves": sorted(ids[node] for node in self.leaves),
        }


@dataclass(frozen=True, eq=False)
class BoxRow:
    """A row of the mirrored graph as boxes: forward, the derivatives beside it, the update of a parameter."""

    entry: Entry
    forward: Box
    results: tuple[tuple[Result, Box], ...]
    update: Box | None


class Boxes:
    """The boxes of a graph: `rows` of each layer, and for each phase the nodes of no row (`rest`), such as metrics."""

    def __init__(self, graph: Graph, drawn: Mirror) -> None:
        self._graph = graph
        self._of: dict[Node, Box] = {}
        self.rows: dict[str, list[BoxRow]] = {}
        by_node: dict[Node, BoxRow] = {}
        for section in drawn.sections:
            self.rows[section.layer.name] = rows = [self._row(entry) for entry in section.entries]
            by_node.update({node: row for row in rows for node in row.entry.nodes})
        self._claim_derivatives(by_node)
        self._claim_updates(by_node)
        self._claim_leaves()
        self.rest = self._rest()

    def _row(self, entry: Entry) -> BoxRow:
        """The boxes of a row. What several derivatives share stands with the one that is computed first."""
        forward = self._claimed(Box(entry.text), entry.nodes)
        results = [(result, self._claimed(Box(result.formula), result.nodes)) for result in reversed(entry.results)]
        return BoxRow(entry, forward, tuple(reversed(results)), Box(entry.update) if entry.update is not None else None)

    def _claimed(self, box: Box, nodes: Iterable[Node]) -> Box:
        for node in nodes:
            if node not in self._of:
                self._of[node] = box
                (box.leaves if _is_aside(node) else box.nodes).append(node)
        return box

    def _claim_derivatives(self, rows: Mapping[Node, BoxRow]) -> None:
        """Backward nodes that no formula shows, such as sums on the way of a gradient that is 0, by their forward node."""
        for node in self._graph.nodes:
            row = rows.get(node.origin.forward) if node.origin.forward is not None else None
            if row is not None and row.results and node.origin.phase == "backward":
                self._claimed(row.results[-1][1], [node])

    def _claim_updates(self, rows: Mapping[Node, BoxRow]) -> None:
        """The optimizer's arithmetic of one parameter, and its slots; what serves several parameters is of none."""
        labels = {op_of(node, Variable).label: rows[node].update for node in rows if is_parameter(node)}
        owners: dict[Node, dict[Box, None]] = {}
        for target, value in self._graph.updates.items():
            label = op_of(target, Variable).label
            own = [known for known in labels if label == known or label.endswith(f"/{known}")]  # a/w is no slot of w
            owner = labels[max(own, key=len)] if own else None
            if owner is not None:
                for node in topological([target, value]):
                    owners.setdefault(node, {})[owner] = None
        for node in self._graph.nodes:
            if node.origin.phase == "update" or (isinstance(node.op, Variable) and not is_parameter(node)):
                found = list(owners.get(node, ()))
                if len(found) == 1:
                    self._claimed(found[0], [node])

    def _claim_leaves(self) -> None:
        """Numbers, statistics and the count of examples, with the first who reads them."""
        for node in self._graph.nodes:
            if isinstance(node.op, Leaf) or is_count(node):
                box = next((self._of[user] for user in self._graph.users[node] if user in self._of), None)
                if box is not None and node not in self._of:
                    self._of[node] = box
                    box.leaves.append(node)

    def _rest(self) -> dict[str, Box]:
        found: dict[str, Box] = {}
        for node in self._graph.nodes:
            if node not in self._of:
                found.setdefault(node.origin.phase, Box("")).nodes.append(node)
        return found


def _is_aside(node: Node) -> bool:
    """Whether a box only shows the node: numbers, statistics, the optimizer's slots."""
    return isinstance(node.op, Known) or (isinstance(node.op, Variable) and not node.op.trainable)
