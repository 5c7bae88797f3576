"""Coordinates for boxes, lanes and lines, in CSS pixels from the left upper corner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from netcli.report.graphs.figure.edges import Edge
from netcli.report.graphs.figure.plan import Cell, Column, Lane, Plan
from netcli.report.graphs.figure.routes import Way, spans, ways
from netcli.report.text import clip, width_of

#: Size of the text, and the width of a character in a monospaced font: 0.602 of the size in the widest one in use, DejaVu's.
FONT_SIZE, CHARACTER = 12, 7.3
#: A box; the room between its border and its text; between its text and its shape, in characters.
BOX, PADDING, BETWEEN = 26, 9, 2
#: Longer texts are cut; the whole of them is in the box's tooltip.
LONGEST_TEXT = 50
MARGIN, HEADINGS, TITLE = 16, 36, 26

#: Between boxes one above the other, and more for each track that runs there, at least _ABOVE a box.
_GAP, _TRACK, _ABOVE = 20, 6, 10
#: Room in a lane beside its boxes, under them, and under the lane.
_BESIDE, _UNDER, _BETWEEN_LANES = 12, 12, 8
#: Room between the border of a lane and those in it.
_INSET = 8
#: The least width of each gutter; room at both sides of its lines; between its lines; between lines one above the other.
_LEAST_GUTTER = (44, 120, 44, 34)
_BESIDE_LINES, _BETWEEN_LINES, _BETWEEN_ENDS = 18, 7, 6
#: Where lines that are not straight leave and reach a box, from its upper or lower edge.
_PORT = 7


@dataclass(frozen=True)
class Rectangle:
    """Left, top, width, height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The x of its right border."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower border."""
        return self.y + self.height


Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Figure:
    """Everything that is drawn, with its place: boxes, lanes (those with a title), columns, the corners of lines."""

    width: float
    height: float
    boxes: Mapping[Cell, Rectangle]
    lanes: Mapping[Lane, Rectangle]
    columns: Mapping[Column, Rectangle]
    lines: Mapping[Edge, Sequence[Point]]


def shown_text(cell: Cell) -> str:
    """The text of a cell, cut to what a box shows."""
    return clip(cell.text, LONGEST_TEXT)


def text_width(text: str) -> float:
    """The width that a text is given."""
    return width_of(text) * CHARACTER


def figure(plan: Plan, edges: Sequence[Edge]) -> Figure:
    """The figure of a plan, with its headings above and without its legend."""
    found = ways(plan, edges)
    heights, lane_heights, bottom = _heights(plan, found)
    lines = _Lines(found, heights)
    columns, width = _columns(plan, lines)
    boxes = {
        cell: Rectangle(columns[cell.column].x, top, columns[cell.column].width, under - top)
        for cell, (top, under) in heights.items()
    }
    lanes = {lane: _lane(lane, width, *span) for lane, span in lane_heights.items()}
    return Figure(width, bottom, boxes, lanes, columns, {way.edge: lines.points(way, boxes, columns) for way in found})


Span = tuple[float, float]


def _lane(lane: Lane, width: float, top: float, under: float) -> Rectangle:
    side = MARGIN + _INSET * lane.depth
    return Rectangle(side, top, width - 2 * side, under - top)


def _deepest(lanes: Iterable[Lane]) -> int:
    """How many lanes stand in each other, beyond one."""
    return max((max(lane.depth, _deepest(lane.inside)) for lane in lanes if lane.title), default=0)


def _heights(plan: Plan, found: Sequence[Way]) -> tuple[dict[Cell, Span], dict[Lane, Span], float]:
    """Top and bottom of every cell and of every lane with a title, and the bottom of all."""
    places = spans(plan)
    tracks: dict[int, int] = {}
    for way in found:
        number = places[way.edge.target].row
        tracks[number] = max(tracks.get(number, 0), 0 if way.track is None else way.track + 1)
    stacking = _Stacking(tracks)
    bottom = stacking.place(plan.lanes, MARGIN + HEADINGS)
    tops = stacking.tops
    cells = {
        cell: (tops[span.row] + span.first * (BOX + _GAP), tops[span.row] + span.last * (BOX + _GAP) + BOX)
        for cell, span in places.items()
    }
    return cells, stacking.lanes, bottom


class _Stacking:
    """Puts lanes one under the other, each with those in it and then its own rows: `tops` of the rows, spans of the lanes."""

    def __init__(self, tracks: Mapping[int, int]) -> None:
        self._tracks = tracks
        self.tops: list[float] = []
        self.lanes: dict[Lane, Span] = {}

    def place(self, lanes: Iterable[Lane], y: float) -> float:
        """From this height on; the height under them."""
        for lane in lanes:
            y = self._lane(lane, y) + _BETWEEN_LANES
        return y

    def _lane(self, lane: Lane, top: float) -> float:
        y = top
        if lane.title:
            self.lanes[lane] = (top, top)  # before those in it, which are drawn over it
            y += TITLE if lane.inside or not lane.rows else TITLE - _ABOVE
        y = self.place(lane.inside, y)
        for place, row in enumerate(lane.rows):
            first = lane.title and place == 0 and not lane.inside
            y += (_ABOVE if first else _GAP) + _TRACK * self._tracks.get(len(self.tops), 0)
            self.tops.append(y)
            y += row.height * (BOX + _GAP) - _GAP
        y += _UNDER * bool(lane.title and lane.rows)
        if lane.title:
            self.lanes[lane] = (top, y)
        return y


def _columns(plan: Plan, lines: _Lines) -> tuple[dict[Column, Rectangle], float]:
    """The columns that have cells, as rectangles of no height, and the width of the figure."""
    widths: dict[Column, float] = {}
    for cell in plan.cells:
        shape = BETWEEN * CHARACTER + text_width(cell.shape) if cell.shape else 0
        widths[cell.column] = max(widths.get(cell.column, 0), 2 * PADDING + text_width(shown_text(cell)) + shape)
    beside = _BESIDE + _INSET * _deepest(plan.lanes)
    x: float = MARGIN + beside
    found: dict[Column, Rectangle] = {}
    for column in Column:
        if column in widths:
            found[column] = Rectangle(x, MARGIN, round(widths[column]), 0)
            x = found[column].right
        if column < Column.UPDATE:
            number = lines.count(column)
            needed = 2 * _BESIDE_LINES + _BETWEEN_LINES * (number - 1) if number else 0
            open_ = number or (column in widths and Column(column + 1) in widths)
            lines.gutters[column] = Rectangle(x, MARGIN, max(needed, _LEAST_GUTTER[column]) if open_ else 0, 0)
            x = lines.gutters[column].right
    return found, x + beside + MARGIN


class _Lines:
    """The vertical lines in the gutters. Lines whose heights overlap stand side by side; edges from a cell share one."""

    def __init__(self, found: Sequence[Way], heights: Mapping[Cell, Span]) -> None:
        self.gutters: dict[int, Rectangle] = {}
        self._heights = heights
        self._place: dict[tuple[int, object], int] = {}
        self._count: dict[int, int] = {}
        spans: dict[tuple[int, object], Span] = {}
        for way in found:
            for gutter, key, span in self._legs(way):
                before = spans.get((gutter, key), span)
                spans[gutter, key] = (min(*before, *span), max(*before, *span))
        for gutter in range(4):
            self._sort([(span, key) for key, span in spans.items() if key[0] == gutter], gutter)

    def count(self, gutter: int) -> int:
        """How many lines stand side by side in a gutter."""
        return self._count.get(gutter, 0)

    def points(self, way: Way, boxes: Mapping[Cell, Rectangle], columns: Mapping[Column, Rectangle]) -> list[Point]:
        """The corners of a way, from the border of its source to that of its target."""
        source, target = boxes[way.edge.source], boxes[way.edge.target]
        if way.is_vertical:
            x = source.x + source.width / 2
            return [(x, source.bottom), (x, target.y)] if source.y < target.y else [(x, source.y), (x, target.bottom)]
        if not way.gutters:
            y = (max(source.y, target.y) + min(source.bottom, target.bottom)) / 2
            rightwards = source.x < target.x
            return [(source.right if rightwards else source.x, y), (target.x if rightwards else target.right, y)]
        out, into = self._ends(way)
        points = [(_face(way.edge.source, source, way.gutters[0]), out)]
        for gutter, key, (start, end) in self._legs(way):
            x = self._x(gutter, key)
            points += [(x, start), (x, end)]
        return [*points, (_face(way.edge.target, target, way.gutters[-1]), into)]

    def _legs(self, way: Way) -> list[tuple[int, object, Span]]:
        """The vertical parts of a way: the gutter, what it is shared by, from where to where."""
        if not way.gutters:
            return []
        out, into = self._ends(way)
        shared = (way.edge.source, way.edge.flow)
        if way.track is None:
            return [(way.gutters[0], shared, (out, into))]
        y = self._heights[way.edge.target][0] - _ABOVE - _TRACK * way.track
        return [(way.gutters[0], shared, (out, y)), (way.gutters[1], (*shared, way.edge.target), (y, into))]

    def _ends(self, way: Way) -> Span:
        """The heights at which a way leaves and arrives: values come from above, gradients from below."""
        source, target = self._heights[way.edge.source], self._heights[way.edge.target]
        if way.edge.flow in {"value", "kept"}:
            return source[1] - _PORT, target[0] + _PORT
        return source[0] + _PORT, target[1] - _PORT

    def _sort(self, spans: Sequence[tuple[Span, tuple[int, object]]], gutter: int) -> None:
        """Give each line of a gutter the first place that is free at its height."""
        ends: list[float] = []
        for (start, end), key in sorted(spans, key=lambda each: each[0]):
            place = next((place for place, taken in enumerate(ends) if taken + _BETWEEN_ENDS <= start), len(ends))
            ends[place : place + 1] = [end]
            self._place[key] = place
        self._count[gutter] = len(ends)

    def _x(self, gutter: int, key: object) -> float:
        room = self.gutters[gutter]
        return room.x + room.width / 2 + _BETWEEN_LINES * (self._place[gutter, key] - (self._count[gutter] - 1) / 2)


def _face(cell: Cell, box: Rectangle, gutter: int) -> float:
    """The x of the border that looks at the gutter."""
    return box.right if gutter == cell.column else box.x
