"""What a person sees of two configs beside each other: their layers, what their graphs cost, the settings that differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from netcli import numbers
from netcli.analysis.diff.nesting import closed
from netcli.analysis.diff.records import Change, Comparison, Difference, LayerPair, Total
from netcli.analysis.inspect.records import LayerRow
from netcli.report.table import Column, Table
from netcli.report.text import Cell, Style, Styled

_NOTHING = "-"
_MARKS: Mapping[Change, tuple[str, Style | None]] = {
    "same": (" ", None),
    "follows": ("≈", "muted"),
    "changed": ("~", "warn"),
    "added": ("+", "good"),
    "removed": ("−", "bad"),
}


def as_json(found: Comparison) -> dict[str, Any]:
    """The document of `diff --json`: whether they are the same, and the fields."""
    fields = asdict(found)
    files = {key: fields.pop(key) for key in ("before", "after")}
    return {**files, "same": found.same, "same_layers": found.same_layers, **fields}


def verdict(found: Comparison) -> str:
    """In a sentence whether they differ, and in what."""
    if found.same:
        return f"{found.before} and {found.after} are the same: the same network, the same settings"
    if found.same_graph:
        return f"{found.before} → {found.after}: the same network, other settings"
    if found.same_layers:
        return f"{found.before} → {found.after}: the same layers, another training step"
    return f"{found.before} → {found.after}: another network"


def layers_table(found: Comparison, depth: int | None = None) -> Table:
    """The layers side by side: what was added, removed and changed, and what it does to shapes and costs.

    Of layers in layers those that stand in less than `depth` others; without a depth, in those in which something differs.
    """
    columns = (
        Column(""),
        Column("layer", shrink=True),
        Column("change", shrink=True),
        Column("output", drop=1),
        Column("parameters", "right"),
        Column("forward", "right", drop=2),
        Column("backward", "right", drop=3),
        Column("activations", "right", drop=4),
    )
    caption = "+ added · − removed · ~ changed · ≈ as it was, at another shape or cost; FLOPs and activations: of one example"
    return Table("layers", columns, tuple(_rows(found.layers, depth)), caption)


def _rows(pairs: Sequence[LayerPair], depth: int | None) -> Iterator[tuple[Cell, ...]]:
    """The rows of layers, each followed by those in it, which are indented and called by their names within it."""
    around: list[LayerPair] = []
    for pair in closed(pairs, depth):
        around[pair.depth :] = [pair]
        outer = around[:-1]
        names = _local(pair.before, [each.before for each in outer]), _local(pair.after, [each.after for each in outer])
        yield _layer(pair, "  " * pair.depth + " → ".join(dict.fromkeys(filter(None, names))))


def _local(row: LayerRow | None, around: Sequence[LayerRow | None]) -> str:
    """The name of a layer within the innermost layer around it."""
    outer = next((each for each in reversed(around) if each is not None), None)
    return "" if row is None else row.name if outer is None else row.name.removeprefix(f"{outer.name}/")


def _layer(pair: LayerPair, name: str) -> tuple[Cell, ...]:
    mark, style = _MARKS[pair.change]
    return (
        Styled(mark, style),
        Styled(name, style),
        Styled(_settings(pair), style or "muted"),
        _both(pair, lambda row: numbers.shape(row.output_shape)),
        _both(pair, lambda row: numbers.count(row.parameters) if row.parameters else _NOTHING),
        _both(pair, lambda row: numbers.flops(row.flops_forward) if row.flops_forward else _NOTHING),
        _both(pair, lambda row: numbers.flops(row.flops_backward) if row.flops_backward else _NOTHING),
        _both(pair, lambda row: numbers.size(row.activation_bytes) if row.activation_bytes else _NOTHING),
    )


def _settings(pair: LayerPair) -> str:
    """What was changed about a layer."""
    if pair.before is None or pair.after is None:
        return pair.yaml
    kinds = [] if pair.before.type == pair.after.type else [f"{pair.before.type} → {pair.after.type}"]
    return ", ".join([*kinds, *(f"{each.key} {value_text(each.before)} → {value_text(each.after)}" for each in pair.settings)])


def _both(pair: LayerPair, text: Callable[[LayerRow], str]) -> Cell:
    """A number of both layers, once where it is the same."""
    texts = dict.fromkeys(text(row) for row in (pair.before, pair.after) if row is not None)
    return Styled(" → ".join(texts), None if len(texts) > 1 or pair.change in {"added", "removed"} else "muted")


def totals_table(found: Comparison) -> Table:
    """The numbers of the whole network."""
    columns = (Column("as a whole"), Column("before", "right"), Column("after", "right"), Column("", "right"))
    return Table(None, columns, tuple(map(_total, found.totals)))


def _total(total: Total) -> tuple[Cell, ...]:
    write = {"count": numbers.count, "flops": numbers.flops, "bytes": numbers.size}[total.unit]
    same = total.before == total.after
    ratio = "" if same or not total.before else f"×{total.after / total.before:.3g}"
    return (total.name, write(total.before), Styled("same", "muted") if same else write(total.after), ratio)


def settings_table(found: Comparison) -> Table:
    """The settings outside of the model that differ."""
    columns = (Column("setting", shrink=True), Column("before", shrink=True), Column("after", shrink=True))
    return Table("settings", columns, tuple(row for each in found.settings for row in _setting(each)))


def _setting(found: Difference) -> Iterator[tuple[Cell, ...]]:
    """A row; where two choices differ, one for their names and one for each of their settings."""
    sides = found.before, found.after
    if not any(isinstance(side, Mapping) for side in sides):
        yield found.key, value_text(found.before), value_text(found.after)
        return
    names = [next(iter(side)) if isinstance(side, Mapping) else value_text(side) for side in sides]
    yield found.key, *names
    for place, side in enumerate(sides):
        for name, value in side[names[place]].items() if isinstance(side, Mapping) else ():
            texts = [_NOTHING, _NOTHING]
            texts[place] = value_text(value)
            yield f"{found.key}.{names[place]}.{name}", *texts


def value_text(value: Any) -> str:
    """A setting as YAML writes it; a dash for one that is not there."""
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {value_text(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(value_text, value))}]"
    return f"{value:.9g}" if isinstance(value, float) else str(value)
