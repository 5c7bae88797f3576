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
from netcli.report.graphs.folding import Detail, Repeat, Shown, choose

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
    """A layer across all columns, or what is not part of one: `title` is then empty.

    The lanes of the layers in it stand `inside`, above its own rows; `depth` is in how many lanes it stands.
    """

    title: str
    facts: Sequence[str] = ()
    rows: list[Row] = field(default_factory=list)
    inside: list[Lane] = field(default_factory=list)
    depth: int = 0

    @property
    def all_rows(self) -> list[Row]:
        """Those of the lanes in it, then its own."""
        return [*(row for lane in self.inside for row in lane.all_rows), *self.rows]


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
        return [row for lane in self.lanes for row in lane.all_rows]

    @property
    def cells(self) -> list[Cell]:
        """All cells, row by row, from left to right."""
        return [cell for row in self.rows for column in sorted(row.cells) for cell in row.cells[column]]


def plan(graph: Graph, drawn: Mirror, detail: Detail, depth: int | None = None) -> Plan:
    """The plan of a picture. Every node of the graph is in one cell, or left out.

    Layers that stand in `depth` others or more are cells of the ones around them; None: as far as there is room.
    """

    def made(items: Sequence[Shown | Repeat], layers_only: bool) -> list[Lane]:
        return _stacked(graph, items, layers_only=layers_only)

    def rows(items: Sequence[Shown | Repeat], layers_only: bool) -> int:
        return sum(len(lane.all_rows) for lane in made(items, layers_only))

    choice = choose(drawn.trees, detail, rows, depth)
    lanes = made(choice.items, choice.layers_only)
    turn = None
    if drawn.has_gradients:
        turn = (Cell(Column.DATA, "forward", drawn.end), Cell(Column.GRADIENT, "backward", f"∂{drawn.end} = 1"))
        lanes.append(Lane("", rows=[Row({cell.column: [cell] for cell in turn})]))
    cells = Plan(lanes, {}, [], turn).cells
    return Plan(lanes, *_claimed(graph, cells), turn)


def _stacked(graph: Graph, items: Iterable[Shown | Repeat], depth: int = 0, *, layers_only: bool) -> list[Lane]:
    """The lanes of layers one under the other; those of one row share a lane."""
    lanes: list[Lane] = []
    joins = False
    for item in items:
        is_lane = isinstance(item, Shown) and (bool(item.inside) or not (item.closed or layers_only))
        if isinstance(item, Shown) and is_lane:
            lanes.append(_section(graph, item.section, depth))
            lanes[-1].inside = _stacked(graph, item.inside, depth + 1, layers_only=layers_only)
        else:
            row = _repeat(item) if isinstance(item, Repeat) else _layer(item)
            if not (joins and layers_only):
                lanes.append(Lane("", depth=depth))
            lanes[-1].rows.append(row)
        joins = not is_lane
    return lanes


def _section(graph: Graph, section: Section, depth: int) -> Lane:
    """A layer. What is computed aside stands in the row of the data that follow."""
    lane = Lane(section.name or "graph", section.facts, depth=depth)
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


def _repeat(repeat: Repeat) -> Row:
    """One row for the blocks that are not shown."""
    sections = repeat.sections
    cells = {Column.DATA: [Cell(Column.DATA, "forward", repeat.text, "", None, _values(sections))]}
    if any(section.gradients for section in sections):
        text = "their gradients" if repeat.times == 1 else f"their gradients, {repeat.times} times"
        cells[Column.GRADIENT] = [Cell(Column.GRADIENT, "backward", text, "", None, _gradients(sections))]
    return Row(cells)


def _layer(item: Shown) -> Row:
    """A layer in one row: its output, the bytes that its values are kept in, the gradients that come out of it."""
    layer, section = item.layer, item.section
    text = section.name + (f" · line {layer.line}" if layer.line is not None else "")
    kept = f" · {numbers.size(layer.activation_bytes)} kept" if layer.activation_bytes else ""
    shape = numbers.shape(layer.output_shape, varying=True) + kept
    cells = {Column.DATA: [Cell(Column.DATA, "forward", text, shape, None, _values(item.sections))]}
    if section.gradients:
        cells[Column.GRADIENT] = [Cell(Column.GRADIENT, "backward", section.gradients, "", None, _gradients(item.sections))]
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
