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
from netcli.report.graphs.folding import Detail, Repeat, Shown, choose
from netcli.report.graphs.legend import legend
from netcli.report.graphs.tracks import fork_lines, join_lines, within
from netcli.report.text import Line, Style, Styled

_LEGEND_WIDTH = 100

_STYLES: Mapping[Role, Style] = {"data": "forward", "side": "muted", "parameter": "update"}

_UPDATE = "━ update of a parameter"


def picture(
    graph: Graph,
    layers: Sequence[LayerRow],
    width: int | None,
    encoding: str = "utf-8",
    detail: Detail = "auto",
    depth: int | None = None,
) -> list[Line]:
    """Forward and backward graph side by side, in at most `width` columns, 50 or more (None: as wide as it likes).

    The graph is that of a training step as it was built, with an output `gradients/LABEL` for each parameter; without
    these, or of its forward part alone, there is one column. `layers` are in the order of the stack; those that stand in
    `depth` others or more are lines of the ones around them.
    """
    drawn = mirror(graph, layers)
    choice = choose(drawn.trees, detail, lambda items, layers_only: len(_Lines(layers_only).of(items)), depth)
    body = _Lines(choice.layers_only).of(choice.items)
    if drawn.has_gradients:
        titles = PictureLine(Side(text="forward ▼", style="forward"), Side(text="backward ▲", style="backward"))
        body = [titles, *body, _turn(drawn)]
    return [*lay_out(_with_guides(body), width, encoding), (), *_legend(drawn, width, encoding)]


def _legend(drawn: Mirror, width: int | None, encoding: str) -> list[Line]:
    lines = legend(drawn, [_UPDATE], width or _LEGEND_WIDTH, drawn.left_out)
    return [line_in((Styled(line, "muted"),), encoding) for line in lines]


class _Lines:
    """The lines of layers, each with all of its rows or, with `layers_only`, in one line."""

    def __init__(self, layers_only: bool) -> None:
        self._layers_only = layers_only
        self._met: set[Result] = set()

    def of(self, items: Sequence[Shown | Repeat], indent: int = 0) -> list[PictureLine]:
        """The lines of a stack whose headings begin so many columns further right."""
        self._met.update(_met(items))
        return [line for item in items for line in self._item(item, indent)]

    def _item(self, item: Shown | Repeat, indent: int) -> list[PictureLine]:
        if isinstance(item, Repeat):
            return [_title((Styled(item.text, "muted"),), indent)]
        if item.inside:
            return self._nest(item, indent)
        if item.closed or self._layers_only:
            return [_layer(item, indent)]
        return [_heading(item.section, indent), *self._rows(item.section)]

    def _nest(self, item: Shown, indent: int) -> list[PictureLine]:
        """A layer with others in it: these, side by side where the data part, then what it computes itself."""
        section, fork = item.section, item.section.fork
        if fork is None:
            inside = self.of(item.inside, indent + _INDENT)
            return [_heading(section, indent), *inside, *self._rows(section)]
        lines = [_heading(section, indent)]
        for track in range(1, fork.stacks + 1):
            met = section.meets if track == 1 else None
            right, kept = _right(met) if met is not None else (Side(), None)
            lines += fork_lines(fork, track, right, kept)
            own = [each for each in item.inside if _track(each) == track]
            lines += [within(line, fork, track) for line in self.of(own)]
        return [*lines, *join_lines(fork), *self._rows(section)]

    def _rows(self, section: Section) -> list[PictureLine]:
        return [line for entry in section.entries for line in self._entry(entry)]

    def _entry(self, entry: Entry) -> list[PictureLine]:
        """One line, and more above it where the backward graph hands on more than one value."""
        left = Side("▼" if entry.role == "data" else "│", entry.text, _shape(entry.type), _STYLES[entry.role])
        if entry.role == "parameter":
            return _parameter(entry, left)
        own = [result for result in entry.results if result not in self._met]
        if entry.results and not own:  # what is left of the sum at the fork
            own = [Result("g", entry.results[-1].type, (), ())]
        *above, last = [_right(result) for result in own] or [(Side(), None)]
        return [*(_tap(*each) for each in above), PictureLine(left, *last)]


#: How much further right the heading of a layer in another one begins.
_INDENT = 2


def _met(items: Sequence[Shown | Repeat]) -> set[Result]:
    """The sums of gradients that are shown at a fork."""
    shown = [item for item in items if isinstance(item, Shown) and item.inside]
    inner = {result for item in shown for result in _met(item.inside)}
    return inner | {item.section.meets for item in shown if item.section.meets is not None}


def _track(item: Shown | Repeat) -> int:
    return item.section.track if isinstance(item, Shown) else item.hidden[0].section.track


def _title(title: Line, indent: int) -> PictureLine:
    return PictureLine(Side(), Side(), title=title, indent=indent)


def _heading(section: Section, indent: int) -> PictureLine:
    title: Line = (Styled(section.name or "graph", "strong"),)
    title += tuple(Styled(f" · {fact}", "muted") for fact in section.facts)
    return _title(title, indent)


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


def _layer(item: Shown, indent: int) -> PictureLine:
    """A layer in one line: its output, the bytes that its values are kept in, the gradients that come out of it."""
    layer, section = item.layer, item.section
    line = f" · line {layer.line}" if layer.line is not None else ""
    name = " " * indent + section.name + line
    left = Side("▼", name, numbers.shape(layer.output_shape, varying=True), "forward")
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
    first_right = next((place for place, row in enumerate(rows) if row.right.guide.strip()), len(rows))
    return [_with_guide(row, place - first_left, place - first_right) for place, row in enumerate(rows)]


def _with_guide(row: PictureLine, left: int, right: int) -> PictureLine:
    """`left` and `right` count the lines since the guides began."""
    if row.title is not None:
        signs = ["┼" if since > 0 else "─" for since in (left, right)]
        return replace(row, left=replace(row.left, guide=signs[0]), right=replace(row.right, guide=signs[1]))
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
