"""The mirrored picture in a terminal: forward runs down on the left, gradients run up on the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from netcli import numbers
from netcli.analysis.inspect.derivatives import Result
from netcli.analysis.inspect.mirror import Entry, Mirror, Section, mirror
from netcli.analysis.inspect.records import LayerRow
from netcli.analysis.inspect.rows import Role
from netcli.analysis.inspect.updates import TOO_LONG
from netcli.graph import Graph, TensorType
from netcli.report.graphs.columns import Connection, PictureLine, Side, lay_out, line_in
from netcli.report.graphs.folding import Detail, Repeat, choose
from netcli.report.graphs.legend import legend
from netcli.report.text import Line, Style, Styled

_LEGEND_WIDTH = 100

_STYLES: Mapping[Role, Style] = {"data": "forward", "side": "muted", "parameter": "update"}

_UPDATE = "━ update of a parameter"


def picture(
    graph: Graph, layers: Sequence[LayerRow], width: int | None, encoding: str = "utf-8", detail: Detail = "auto"
) -> list[Line]:
    """Forward and backward graph side by side, in at most `width` columns, 50 or more (None: as wide as it likes).

    The graph is that of a training step as it was built, with an output `gradients/LABEL` for each parameter; without
    these, or of its forward part alone, there is one column. `layers` are in the order of the stack.
    """
    drawn = mirror(graph, layers)
    choice = choose(drawn.sections, detail, lambda sections: len(_rows(sections)))
    body = _folded(choice.items) if choice.layers_only else _rows(choice.items)
    if drawn.has_gradients:
        titles = PictureLine(Side(text="forward ▼", style="forward"), Side(text="backward ▲", style="backward"))
        body = [titles, *body, _turn(drawn)]
    return [*lay_out(_with_guides(body), width, encoding), (), *_legend(drawn, width, encoding)]


def _legend(drawn: Mirror, width: int | None, encoding: str) -> list[Line]:
    lines = legend(drawn, [_UPDATE], width or _LEGEND_WIDTH, drawn.left_out)
    return [line_in((Styled(line, "muted"),), encoding) for line in lines]


def _rows(sections: Sequence[Section | Repeat]) -> list[PictureLine]:
    return [row for item in sections for row in (_repeat(item) if isinstance(item, Repeat) else _section(item))]


def _section(section: Section) -> list[PictureLine]:
    layer = section.layer
    title: Line = (Styled(layer.name or "graph", "strong"),)
    title += tuple(Styled(f" · {fact}", "muted") for fact in section.facts)
    return [PictureLine(Side(), Side(), title=title), *(row for entry in section.entries for row in _entry(entry))]


def _repeat(repeat: Repeat) -> list[PictureLine]:
    return [PictureLine(Side(), Side(), title=(Styled(repeat.text, "muted"),))]


def _entry(entry: Entry) -> list[PictureLine]:
    """One line, and more above it where the backward graph hands on more than one value."""
    left = Side("▼" if entry.role == "data" else "│", entry.text, _shape(entry.type), _STYLES[entry.role])
    if entry.role == "parameter":
        return _parameter(entry, left)
    *above, last = [_right(result) for result in entry.results] or [(Side(), None)]
    return [*(_tap(*each) for each in above), PictureLine(left, *last)]


def _parameter(entry: Entry, left: Side) -> list[PictureLine]:
    """The parameter and its gradient, with the update between them; under it, how the gradient is computed."""
    formula = () if entry.update is None or entry.update == TOO_LONG else (entry.update,)
    update = Connection("update", (*formula, "update")) if entry.update is not None else None
    if not entry.results:
        return [PictureLine(left, Side(), update)]
    right, kept = _right(entry.results[0])
    named = replace(right, guide=" ", text=f"∂{entry.text}", style="update")
    return [PictureLine(left, named, update), _tap(replace(right, guide="├", shape=""), kept)]


def _tap(right: Side, kept: Connection | None) -> PictureLine:
    """A line of the backward graph alone: what it reads comes from the line of the data where that is x."""
    tapped = kept is not None and "x" in kept.labels[0].split(", ")
    return PictureLine(Side("├" if tapped else "│"), right, replace(kept, tapped=tapped) if kept is not None else None)


def _right(result: Result) -> tuple[Side, Connection | None]:
    kept = Connection("kept", (", ".join(result.kept),)) if result.kept else None
    return Side("▲", result.formula, _shape(result.type), "muted" if result.formula == "g" else "backward"), kept


def _folded(items: Sequence[Section | Repeat]) -> list[PictureLine]:
    """A line for each layer."""
    rows = []
    for item in items:
        rows += _repeat(item) if isinstance(item, Repeat) else [_layer(item)]
    return rows


def _layer(section: Section) -> PictureLine:
    """A layer in one line: its output, the bytes that its values are kept in, the gradients that come out of it."""
    layer = section.layer
    line = f" · line {layer.line}" if layer.line is not None else ""
    left = Side("▼", layer.name + line, numbers.shape(layer.output_shape, varying=True), "forward")
    text = section.gradients
    if not text:
        return PictureLine(left, Side())
    size = numbers.size(layer.activation_bytes)
    kept = Connection("kept", (f"{size} kept", size)) if layer.activation_bytes else None
    return PictureLine(left, Side("▲", text, style="backward"), kept)


def _turn(drawn: Mirror) -> PictureLine:
    return PictureLine(Side("╰"), Side("╯", f"∂{drawn.end} = 1", style="backward"), Connection("turn", (drawn.end,)))


def _with_guides(rows: Sequence[PictureLine]) -> list[PictureLine]:
    """The guides drawn through: on the left from the first row on, on the right from the first gradient on."""
    first_left = next((place for place, row in enumerate(rows) if row.left.guide != " "), 0)
    first_right = next((place for place, row in enumerate(rows) if row.right.guide != " "), len(rows))
    return [_with_guide(row, place - first_left, place - first_right) for place, row in enumerate(rows)]


def _with_guide(row: PictureLine, left: int, right: int) -> PictureLine:
    """`left` and `right` count the lines since the guides began."""
    if row.title is not None:
        signs = ["┼" if since > 0 else "─" for since in (left, right)]
        return replace(row, left=Side(signs[0]), right=Side(signs[1]))
    updated = row.connection is not None and row.connection.kind == "update"
    guide = row.right.guide
    if guide == " " and right > 0:
        guide = "┿" if updated else "│"
    elif guide == " " and updated:
        guide = "━"
    elif guide == "├" and right == 0:
        guide = "┌"
    return replace(row, right=replace(row.right, guide=guide))


def _shape(type_: TensorType) -> str:
    return numbers.shape(type_.shape, varying=type_.varying)
