"""The drawing as SVG: it follows the reader's theme, light or dark, and needs nothing but a monospaced font."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from netcli.analysis.inspect.formula import number
from netcli.analysis.inspect.mirror import Mirror, mirror
from netcli.analysis.inspect.records import LayerRow
from netcli.analysis.inspect.roles import is_count
from netcli.graph import Graph, Known, Node, Phase
from netcli.report.graphs.colours import DARK, LIGHT, Colour
from netcli.report.graphs.figure.edges import Edge, edges
from netcli.report.graphs.figure.place import (
    BOX,
    CHARACTER,
    FONT_SIZE,
    HEADINGS,
    MARGIN,
    PADDING,
    TITLE,
    Figure,
    Point,
    Rectangle,
    figure,
    shown_text,
    text_width,
)
from netcli.report.graphs.figure.plan import Cell, Column, Lane, Plan, plan
from netcli.report.graphs.folding import Detail
from netcli.report.graphs.legend import legend
from netcli.report.text import clip, printable, width_of

#: Families that have the signs of formulas; the first that there is gets used, squeezed or stretched to the width it has here.
_FONTS = "'DejaVu Sans Mono', ui-monospace, Menlo, Consolas, 'Liberation Mono', monospace"
_STYLE = f"""
text {{ font: {FONT_SIZE}px {_FONTS}; fill: #1b1f24; white-space: pre }}
.page {{ fill: #ffffff }}
.lane {{ fill: #f7f8fa; stroke: #d8dce1 }}
.on-lane {{ fill: #f7f8fa }}
.title {{ font-weight: bold }}
.muted {{ fill: #5c6670 }}
.heading {{ font-size: 14px; font-weight: bold }}
.line {{ fill: none; stroke-width: 1.3 }}
.box rect {{ stroke-width: 1.2 }}
.box.parameter rect {{ stroke-width: 2.2 }}
.kept {{ stroke-dasharray: 5 3 }}
{{light}}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e8eaed }}
.page {{ fill: #14171a }}
.lane {{ fill: #1b1f24; stroke: #363c44 }}
.on-lane {{ fill: #1b1f24 }}
.muted {{ fill: #a3acb6 }}
{{dark}}
}}
"""
#: The classes of what is drawn in the colours of each phase.
_CLASSES: Mapping[Phase, Sequence[str]] = {
    "forward": ("forward", "parameter", "value", "kept"),
    "backward": ("backward", "gradient"),
    "update": ("update",),
}
_HEADINGS = {
    Column.DATA: ("forward ▼", "value"),
    Column.GRADIENT: ("gradients ▲", "gradient"),
    Column.UPDATE: ("updates", "update"),
}
_LEGEND_LINE, _BASELINE, _ROUNDING = 20, 17, 5


def svg(graph: Graph, layers: Sequence[LayerRow], detail: Detail = "auto", depth: int | None = None) -> str:
    """The picture of a graph with an output `loss` as an SVG document; `detail` and `depth` say how much of it.

    Each group of the class `box` has, as `data-nodes`, the ids that its nodes have in the JSON form, and a tooltip that writes
    them out; the last line has those of the nodes that are not drawn. A line has the ids of its two boxes.
    """
    drawn = mirror(graph, layers)
    planned = plan(graph, drawn, detail, depth)
    return _Writing(graph, drawn, planned, figure(planned, edges(graph, planned))).text()


class _Writing:
    def __init__(self, graph: Graph, drawn: Mirror, planned: Plan, placed: Figure) -> None:
        self._graph, self._drawn, self._plan, self._figure = graph, drawn, planned, placed
        self._ids = {node: number for number, node in enumerate(graph.nodes)}
        self._names = {cell: f"box{number}" for number, cell in enumerate(planned.cells)}

    def text(self) -> str:
        legend = self._legend()
        width, height = self._figure.width, self._figure.height + len(legend) * _LEGEND_LINE + MARGIN
        size = {"width": f"{width:g}", "height": f"{height:g}"}
        root = ElementTree.Element(
            "svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "viewBox": f"0 0 {width:g} {height:g}"}
        )
        _add(root, "title", text="The computational graph: forward on the left, gradients on the right")
        _add(root, "style", text=_style())
        self._markers(_add(root, "defs"))
        _add(root, "rect", {"class": "page", **size})
        for room in self._figure.lanes.values():
            _add(root, "rect", {"class": "lane", **_sides(room), "rx": "6"})
        self._headings(root)
        for edge, points in self._figure.lines.items():
            self._line(root, edge, points)
        for lane, room in self._figure.lanes.items():
            self._title(root, lane, room)
        for cell, room in self._figure.boxes.items():
            self._box(root, cell, room)
        for place, line in enumerate(legend):
            legend_line = _text(root, MARGIN, self._figure.height + place * _LEGEND_LINE + _BASELINE, line, "muted")
            if place == len(legend) - 1 and self._plan.left_out:
                legend_line.set("data-nodes", self._numbers(self._plan.left_out))
        ElementTree.indent(root, " ")
        return ElementTree.tostring(root, encoding="unicode") + "\n"

    def _markers(self, parent: ElementTree.Element) -> None:
        for flow in ("value", "kept", "gradient", "update"):
            attributes = {"id": flow, "viewBox": "0 0 8 8", "refX": "8", "refY": "4", "markerWidth": "8", "markerHeight": "8"}
            marker = _add(parent, "marker", {**attributes, "markerUnits": "userSpaceOnUse", "orient": "auto"})
            _add(marker, "path", {"class": f"tip {flow}", "d": "M0 0.5 8 4 0 7.5z"})

    def _title(self, parent: ElementTree.Element, lane: Lane, room: Rectangle) -> None:
        # the data run down through the middle of their column: the title keeps left of it
        data = self._figure.columns[Column.DATA]
        columns = int((data.x + data.width / 2 - room.x - 2 * PADDING) / CHARACTER) if lane.rows else 1000
        name = clip(lane.title, columns)
        shown = [" · ".join(lane.facts[:count]) for count in range(len(lane.facts), 0, -1)]
        facts = next((f"· {text}" for text in shown if width_of(f"{name} · {text}") <= columns), "")
        x, y = room.x + PADDING, room.y + _BASELINE + (TITLE - BOX) / 2
        ground = Rectangle(x, room.y + 2, text_width(f"{name} {facts}"), TITLE - 4)  # lines pass behind the title
        _add(parent, "rect", {"class": "on-lane", **_sides(ground)})
        _text(parent, x, y, name, "title")
        if facts:
            _text(parent, x + text_width(f"{name} "), y, facts, "muted")

    def _headings(self, parent: ElementTree.Element) -> None:
        columns = self._figure.columns if self._plan.turn else {}
        for column in _HEADINGS.keys() & columns.keys():
            text, flow = _HEADINGS[column]
            middle = columns[column].x + columns[column].width / 2
            heading = _add(parent, "text", {"class": f"heading {flow}", "x": f"{middle:g}", "y": f"{MARGIN + HEADINGS / 2:g}"})
            heading.set("text-anchor", "middle")
            heading.text = text

    def _line(self, parent: ElementTree.Element, edge: Edge, points: Sequence[Point]) -> None:
        ends = {"data-from": self._names[edge.source], "data-to": self._names[edge.target]}
        shape = {"d": _rounded(points), "marker-end": f"url(#{edge.flow})"}
        _add(parent, "path", {"class": f"line {edge.flow}", **shape, **ends})

    def _box(self, parent: ElementTree.Element, cell: Cell, room: Rectangle) -> None:
        group = _add(parent, "g", {"id": self._names[cell], "class": f"box {cell.kind}"})
        nodes = [*cell.nodes, *cell.inlined]
        if nodes:
            group.set("data-nodes", self._numbers(nodes))
        _add(group, "title", text="\n".join([printable(cell.text), *map(self._written, cell.nodes)]))
        _add(group, "rect", {**_sides(room), "rx": "0" if cell.kind == "parameter" else "5"})
        y = room.y + room.height / 2 + _BASELINE - BOX / 2
        _text(group, room.x + PADDING, y, shown_text(cell))
        if cell.shape:
            _text(group, room.right - PADDING - text_width(cell.shape), y, cell.shape, "muted")

    def _written(self, node: Node) -> str:
        """`name = op(inputs) : type`, for the tooltip."""
        inputs = ", ".join(number(x) or self._graph.names[x] for x in node.inputs)
        call = f"{node.op.name}({inputs})" if inputs else node.op.name
        return printable(f"{self._graph.names[node]} = {call} : {node.type}")

    def _numbers(self, nodes: Sequence[Node]) -> str:
        return " ".join(map(str, sorted(self._ids[node] for node in nodes)))

    def _legend(self) -> list[str]:
        columns = int((self._figure.width - 2 * MARGIN) / CHARACTER)
        left_out = sum(not (is_count(node) or isinstance(node.op, Known)) for node in self._plan.left_out)
        return legend(self._drawn, (), columns, left_out)


def _style() -> str:
    sheets = {"light": _phases(LIGHT), "dark": _phases(DARK)}
    return _STYLE.replace("{light}", sheets["light"]).replace("{dark}", sheets["dark"])


def _phases(colours: Mapping[Phase, Colour]) -> str:
    return "\n".join(_rules(name, colours[phase]) for phase, classes in _CLASSES.items() for name in classes)


def _rules(name: str, colour: Colour) -> str:
    return (
        f".box.{name} rect {{ fill: {colour.ground}; stroke: {colour.line} }}\n"
        f".line.{name} {{ stroke: {colour.line} }}\n.tip.{name}, .heading.{name} {{ fill: {colour.line} }}"
    )


def _add(
    parent: ElementTree.Element, tag: str, attributes: Mapping[str, str] | None = None, text: str | None = None
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, dict(attributes or {}))
    element.text = text
    return element


def _text(parent: ElementTree.Element, x: float, y: float, text: str, style: str | None = None) -> ElementTree.Element:
    """A text that is as wide as it was given room for, in any font."""
    places = {"x": f"{x:g}", "y": f"{y:g}", "textLength": f"{text_width(text):g}"}
    return _add(parent, "text", {**({"class": style} if style else {}), **places}, printable(text))


def _sides(room: Rectangle) -> dict[str, str]:
    return {"x": f"{room.x:g}", "y": f"{room.y:g}", "width": f"{room.width:g}", "height": f"{room.height:g}"}


def _rounded(points: Sequence[Point]) -> str:
    """A path through the points with rounded corners."""
    path = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(_ROUNDING, _distance(before, corner) / 2, _distance(corner, after) / 2)
        (x0, y0), (x1, y1) = _towards(corner, before, radius), _towards(corner, after, radius)
        path.append(f"L{x0:g} {y0:g}Q{corner[0]:g} {corner[1]:g} {x1:g} {y1:g}")
    return "".join([*path, f"L{points[-1][0]:g} {points[-1][1]:g}"])


def _distance(one: Point, other: Point) -> float:
    """Lines are level or upright."""
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(point: Point, other: Point, length: float) -> Point:
    distance = _distance(point, other)
    share = length / distance if distance else 0
    return point[0] + (other[0] - point[0]) * share, point[1] + (other[1] - point[1]) * share
