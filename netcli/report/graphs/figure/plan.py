"""What stands where in the drawing: lanes of layers, rows, cells in columns; and in which cell each node of the graph is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from netcli import numbers
from netcli.analysis.inspect.derivatives import Result
from netcli.analysis.inspect.mirror import Entry, Mirror, Section
from netcli.analysis.inspect.roles import is_computed, is_count
from netcli.analysis.inspect.updates import update_nodes
from netcli.graph import Graph, Leaf, Node, TensorType
from netcli.report.graphs.folding import Detail, Repeat, choose

#: What a cell shows; it decides its colours.
Kind = Literal["forward", "parameter", "backward", "update"]


class Column(IntEnum):
    """The columns from left to right: the gradients mirror the values."""

    ASIDE = 0  # parameters, and values computed aside
    DATA = 1
    GRADIENT = 2
    ASIDE_GRADIENT = 3
    UPDATE = 4


@dataclass(eq=False)
class Cell:
    """A box: its text and shape, and the nodes that it stands for, `value` the one whose value it is.

    `inlined` nodes are written out in its text: numbers, statistics, the number of examples.
    """

    column: Column
    kind: Kind
    text: str
    shape: str = ""
    value: Node | None = None
    nodes: list[Node] = field(default_factory=list)
    inlined: list[Node] = field(default_factory=list)


@dataclass(eq=False)
class Row:
    """Cells at one height, at most one stack of them in each column."""

    cells: dict[Column, list[Cell]] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """In cells."""
        return max(map(len, self.cells.values()))


@dataclass(eq=False)
class Lane:
    """A layer across all columns, or what is not part of one: `title` is then empty."""

    title: str
    facts: Sequence[str] = ()
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Plan:
    """The lanes from top to bottom, the cell of every node that is drawn, and the nodes that are not.

    `turn`: the cells of what is minimised and of its own gradient, 1, where there are gradients.
    """

    lanes: Sequence[Lane]
    cell_of: Mapping[Node, Cell]
    left_out: Sequence[Node]
    turn: tuple[Cell, Cell] | None

    @property
    def rows(self) -> list[Row]:
        """All rows, from top to bottom."""
        return [row for lane in self.lanes for row in lane.rows]

    @property
    def cells(self) -> list[Cell]:
        """All cells, row by row, from left to right."""
        return [cell for row in self.rows for column in sorted(row.cells) for cell in row.cells[column]]


def plan(graph: Graph, drawn: Mirror, detail: Detail) -> Plan:
    """The plan of a picture. Every node of the graph is in one cell, or left out."""
    choice = choose(drawn.sections, detail, lambda sections: len(_lanes(graph, sections)[1]))
    lanes = [_folded(choice.items)] if choice.layers_only else _lanes(graph, choice.items)[0]
    turn = None
    if drawn.has_gradients:
        turn = (Cell(Column.DATA, "forward", drawn.end), Cell(Column.GRADIENT, "backward", f"∂{drawn.end} = 1"))
        lanes.append(Lane("", rows=[Row({cell.column: [cell] for cell in turn})]))
    cells = Plan(lanes, {}, [], turn).cells
    return Plan(lanes, *_claimed(graph, cells), turn)


def _lanes(graph: Graph, items: Iterable[Section | Repeat]) -> tuple[list[Lane], list[Row]]:
    """The lanes, and all of their rows."""
    lanes = [_repeat(item) if isinstance(item, Repeat) else _section(graph, item) for item in items]
    return lanes, [row for lane in lanes for row in lane.rows]


def _section(graph: Graph, section: Section) -> Lane:
    """A layer. What is computed aside stands in the row of the data that follow."""
    lane = Lane(section.layer.name or "graph", section.facts)
    for entry in section.entries:
        cells = {column: stack for column, stack in _entry(graph, entry).items() if stack}
        before = lane.rows[-1].cells if lane.rows else {Column.DATA: []}
        if entry.role == "data" and Column.DATA not in before:
            before.update(cells)
        else:
            lane.rows.append(Row(cells))
    return lane


def _entry(graph: Graph, entry: Entry) -> dict[Column, list[Cell]]:
    value, gradient = (Column.DATA, Column.GRADIENT) if entry.role == "data" else (Column.ASIDE, Column.ASIDE_GRADIENT)
    parameter = entry.role == "parameter"
    kind: Kind = "parameter" if parameter else "forward"
    cells = {
        value: [Cell(value, kind, entry.text, _shape(entry.type), entry.nodes[-1], list(entry.nodes))],
        gradient: [_result(result, gradient) for result in entry.results if result.nodes],
    }
    if parameter and entry.results:
        cells[gradient][0].text = f"∂{entry.text} = {entry.results[0].formula}"
    if entry.update is not None:
        nodes = update_nodes(graph, entry.nodes[0])
        before = f"{entry.text} " if entry.update[:2] in {"− ", "+ "} else ""
        text = f"{entry.text} ← {before}{entry.update}"
        cells[Column.UPDATE] = [Cell(Column.UPDATE, "update", text, "", nodes[-1], nodes)]
    return cells


def _result(result: Result, column: Column) -> Cell:
    return Cell(column, "backward", result.formula, _shape(result.type), result.nodes[-1], list(result.nodes))


def _shape(type_: TensorType) -> str:
    return numbers.shape(type_.shape, varying=type_.varying)


def _repeat(repeat: Repeat) -> Lane:
    """One row for the blocks that are not shown."""
    sections = repeat.sections
    cells = {Column.DATA: [Cell(Column.DATA, "forward", repeat.text, "", None, _values(sections))]}
    if any(section.gradients for section in sections):
        text = f"their gradients, {repeat.times} times"
        cells[Column.GRADIENT] = [Cell(Column.GRADIENT, "backward", text, "", None, _gradients(sections))]
    return Lane("", rows=[Row(cells)])


def _folded(items: Iterable[Section | Repeat]) -> Lane:
    """A row for each layer."""
    lane = Lane("")
    for item in items:
        lane.rows += _repeat(item).rows if isinstance(item, Repeat) else [_layer(item)]
    return lane


def _layer(section: Section) -> Row:
    """A layer in one row: its output, the bytes that its values are kept in, the gradients that come out of it."""
    layer = section.layer
    text = layer.name + (f" · line {layer.line}" if layer.line is not None else "")
    kept = f" · {numbers.size(layer.activation_bytes)} kept" if layer.activation_bytes else ""
    shape = numbers.shape(layer.output_shape, varying=True) + kept
    cells = {Column.DATA: [Cell(Column.DATA, "forward", text, shape, None, _values([section]))]}
    if section.gradients:
        cells[Column.GRADIENT] = [Cell(Column.GRADIENT, "backward", section.gradients, "", None, _gradients([section]))]
    return Row(cells)


def _values(sections: Iterable[Section]) -> list[Node]:
    return [node for section in sections for entry in section.entries for node in entry.nodes]


def _gradients(sections: Iterable[Section]) -> list[Node]:
    results = [result for section in sections for entry in section.entries for result in entry.results]
    return list(dict.fromkeys(node for result in results for node in result.nodes))


def _claimed(graph: Graph, cells: Sequence[Cell]) -> tuple[dict[Node, Cell], list[Node]]:
    """The cell of every node, and the nodes without one. What several cells could hold is in the lowest one.

    What the optimizer computes for several parameters, such as Adam's corrections of a step, is in none.
    """
    shared = Counter(node for cell in cells if cell.kind == "update" for node in cell.nodes)
    cell_of: dict[Node, Cell] = {}
    for cell in reversed(cells):
        cell.nodes = [node for node in cell.nodes if node not in cell_of and shared[node] <= 1]
        cell_of |= dict.fromkeys(cell.nodes, cell)
    left_out: list[Node] = []
    written = dict(cell_of)
    for node in reversed(graph.nodes):
        if node in cell_of:
            continue
        readers = [written[user] for user in graph.users[node] if user in written]
        if readers and _is_written_out(node):
            written[node] = readers[0]
            readers[0].inlined.append(node)
        else:
            left_out.append(node)
    return cell_of, left_out[::-1]


def _is_written_out(node: Node) -> bool:
    """Whether formulas write the node where it is read: numbers, statistics, the number of examples, factors of numbers."""
    return isinstance(node.op, Leaf) or is_count(node) or (node.origin.phase == "backward" and is_computed(node))
