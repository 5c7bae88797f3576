"""The way of each edge: straight, or through the gutters between the columns.

Gutter i is right of column i. An edge over more than one gutter crosses the columns between on a track above the row of its
target. Edges from one cell share a line in a gutter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netcli.report.graphs.figure.edges import Edge, Flow
from netcli.report.graphs.figure.plan import Cell, Column, Plan, Row

#: The gutter that edges inside a column take.
_OWN_GUTTER: Mapping[Column, int] = {
    Column.ASIDE: 0, Column.DATA: 0, Column.GRADIENT: 2, Column.ASIDE_GRADIENT: 2, Column.UPDATE: 3,
}  # fmt: skip


@dataclass(frozen=True)
class Span:
    """Where a cell stands: its row, and the first and the last of the row's slots that it takes."""

    row: int
    first: int
    last: int


@dataclass(frozen=True, eq=False)
class Way:
    """The gutters that an edge takes, none if it is straight; `track`: where it crosses above the row of its target."""

    edge: Edge
    gutters: tuple[int, ...]
    track: int | None = None

    @property
    def is_vertical(self) -> bool:
        """Whether it runs straight from box to box in one column."""
        return not self.gutters and self.edge.source.column == self.edge.target.column


def spans(plan: Plan) -> dict[Cell, Span]:
    """The place of every cell. A value is as high as the gradients beside it."""
    found: dict[Cell, Span] = {}
    for number, row in enumerate(plan.rows):
        for column, stack in row.cells.items():
            beside = row.cells.get(Column(3 - column), ()) if column <= Column.DATA else ()
            for slot, cell in enumerate(stack):
                found[cell] = Span(number, slot, max(slot, len(beside) - 1))
    return found


def ways(plan: Plan, edges: Sequence[Edge]) -> list[Way]:
    """The way of each edge."""
    places = spans(plan)
    order = _orders(plan)
    rows = plan.rows
    tracks: dict[Row, list[tuple[Cell, Flow]]] = {}
    found = []
    for edge in edges:
        gutters = _gutters(edge, places, order)
        track = None
        if len(gutters) > 1:
            used = tracks.setdefault(rows[places[edge.target].row], [])
            if (edge.source, edge.flow) not in used:
                used.append((edge.source, edge.flow))
            track = used.index((edge.source, edge.flow))
        found.append(Way(edge, gutters, track))
    return found


def _orders(plan: Plan) -> dict[Cell, int]:
    """The place of each cell in its column, from above."""
    count: dict[Column, int] = {}
    found: dict[Cell, int] = {}
    for row in plan.rows:
        for column, stack in row.cells.items():
            for cell in stack:
                found[cell] = count[column] = count.get(column, -1) + 1
    return found


def _gutters(edge: Edge, places: Mapping[Cell, Span], order: Mapping[Cell, int]) -> tuple[int, ...]:
    source, target = edge.source, edge.target
    if source.column == target.column:
        step = 1 if edge.flow == "value" else -1
        return () if order[target] == order[source] + step else (_OWN_GUTTER[source.column],)
    left, right = sorted((source.column, target.column))
    if right - left > 1:
        gutters = (int(left), right - 1)
        return gutters if source.column == left else gutters[::-1]
    return () if _meet(places[source], places[target]) else (int(left),)


def _meet(one: Span, other: Span) -> bool:
    """Whether one of them is as high as the other's middle."""
    return one.row == other.row and one.first <= other.last and other.first <= one.last
