"""The mirrored picture as a value: forward nodes in rows, each with what the backward graph computes for it.

    x  what comes from the row above        y  the result of the row
    g  the gradient that comes from below   ∂p the gradient of the parameter p

A row is a forward operation with the reshapes and casts behind it. Its results are the values that its backward nodes (those
that name it as their forward node) hand on, written as formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netcli.analysis.inspect.derivatives import Derivatives, Result
from netcli.analysis.inspect.formula import call, number
from netcli.analysis.inspect.records import LayerRow
from netcli.analysis.inspect.roles import end_of, is_computed, is_count
from netcli.analysis.inspect.rows import Role, Row, Rows, forward_rows
from netcli.analysis.inspect.updates import update_formula
from netcli.graph import Graph, Leaf, Node, TensorType, read_by


@dataclass(frozen=True, eq=False)
class Entry:
    """A row: forward nodes, their text and type, and what the backward graph has for them, the last computed first.

    A parameter has one result, its gradient, and the formula of its update.
    """

    role: Role
    nodes: tuple[Node, ...]
    text: str
    type: TensorType
    results: tuple[Result, ...]
    update: str | None = None


@dataclass(frozen=True, eq=False)
class Section:
    """A layer with its rows, in the order of computation."""

    layer: LayerRow
    entries: tuple[Entry, ...]

    @property
    def facts(self) -> list[str]:
        """What its heading says behind its name: the type where the name does not tell, the line of YAML."""
        layer = self.layer
        found = [layer.type] * (not layer.name.startswith(layer.type)) + [f"line {layer.line}"] * (layer.line is not None)
        return found if self.entries else [*found, "the loss is computed without it"]

    @property
    def gradients(self) -> str:
        """The gradients that come out of the layer, in one line; empty if none do."""
        parameters = [f"∂{entry.text}" for entry in self.entries if entry.role == "parameter" and entry.results]
        data = [entry for entry in self.entries if entry.role == "data"]
        handed_on = [result.formula for entry in data for result in entry.results]
        if len(handed_on) == 1 and not parameters:
            return handed_on[0]
        return ", ".join([*parameters, *["∂x"] * bool(data and data[0].results)])


@dataclass(frozen=True, eq=False)
class Mirror:
    """The picture of a graph. `end` is the name of what is minimised; a forward graph alone has no gradients.

    `left_out` nodes, of metrics, statistics, norms and the optimizer's arithmetic, are not in it.
    """

    sections: tuple[Section, ...]
    end: str
    has_gradients: bool
    left_out: int


def mirror(graph: Graph, layers: Sequence[LayerRow]) -> Mirror:
    """The picture of a graph with an output `loss` (and, with penalties, `objective`) and `gradients/LABEL`.

    Nodes that what is minimised does not depend on (metrics, statistics, norms) are not in it. `layers` are in the order of
    the stack; those that have no node in the graph get an empty section.
    """
    rows = forward_rows(graph)
    derivatives = Derivatives(graph, rows)
    drawing = _Drawing(graph, rows, derivatives)
    known = [layer.name for layer in layers]
    unknown = [LayerRow(name, "", None, (), 0, 0, 0, 0) for name in rows.by_layer if name not in known]
    sections = tuple(drawing.section(layer) for layer in [*unknown, *layers])
    left_out = [node for node in graph.nodes if is_computed(node) and node.origin.phase != "backward" and node not in rows.of]
    return Mirror(sections, end_of(graph), bool(derivatives.gradients), sum(not is_count(node) for node in left_out))


class _Drawing:
    """Writes row after row; knows the last row of data, which the next one calls x."""

    def __init__(self, graph: Graph, rows: Rows, derivatives: Derivatives) -> None:
        self._graph, self._rows, self._derivatives = graph, rows, derivatives
        self._above: dict[Row, Row | None] = {}
        self._last: Row | None = None

    def section(self, layer: LayerRow) -> Section:
        """The rows of a layer."""
        rows = self._rows.by_layer.get(layer.name, ())
        for row in rows:
            self._above[row] = self._last
            self._last = row if row.role == "data" else self._last
        return Section(layer, tuple(self._entry(row) for row in rows))

    def _entry(self, row: Row) -> Entry:
        nodes = tuple(row.nodes)
        if row.role == "parameter":
            home = self._derivatives.reader(row.head) or row
            gradient = self._derivatives.gradient(row.head, lambda node: self._name(node, home, "y"))
            update = update_formula(self._graph, row.head)
            return Entry("parameter", nodes, self._label(row), row.head.type, (gradient,) if gradient else (), update)
        results = self._derivatives.results(row, lambda node: self._name(node, row, "y"))
        if len(results) < self._takers(row):
            results.append(Result("g", row.head.type, (), ()))
        return Entry(row.role, nodes, self._text(row), row.nodes[-1].type, tuple(results))

    def _text(self, row: Row) -> str:
        """The operation and its operands; a name alone for a leaf."""
        if isinstance(row.head.op, Leaf):
            return self._label(row)
        operands = [self._name(x, row) for x in read_by(row.head)]
        return call(row.head, operands, self._label(row))

    def _name(self, node: Node, row: Row, own: str | None = None) -> str:
        """What a node is called in a row: x, y (where that is the row's own result), or its name in the layer."""
        other = self._rows.of.get(node)
        if other is None:
            return number(node) or (node.op.name if is_count(node) else self._short(node, row.layer))
        if other is row and own is not None:
            return own
        if other is self._above.get(row) and row.role != "side":
            return "x"
        return self._short(other.head, row.layer)

    def _label(self, row: Row) -> str:
        return self._short(row.head, row.layer)

    def _short(self, node: Node, layer: str) -> str:
        return self._graph.names[node].removeprefix(f"{layer}/")

    def _takers(self, row: Row) -> int:
        """How many operands take a gradient from the row. An operation that hands it on as it is has no node for that."""
        flowing, settled = self._rows.flowing, self._rows.settled
        if row.head not in flowing or not self._derivatives.gradients:
            return 0
        return len({x for x in read_by(row.head) if x in flowing and x not in settled})
