"""What the page of a graph shows, as one JSON document; its script only lays it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from netcli.analysis.diagnosis import EXPLODING_UPDATE, VANISHING_UPDATE
from netcli.analysis.inspect.mirror import Section, mirror
from netcli.analysis.inspect.records import Flow, LayerRow
from netcli.analysis.inspect.roles import gradients_of, is_computed
from netcli.graph import Graph, Node, Variable, read_by
from netcli.report.graphs.document import as_json
from netcli.report.graphs.folding import Repeat, Shown, without_repeats
from netcli.report.graphs.page_rows import Boxes, BoxRow

#: Rows of a graph up to which the page opens with all layers open: about three screens.
FEW = 60


def page_data(
    graph: Graph, layers: Sequence[LayerRow], yaml: Mapping[int, str] | None = None, flow: Flow | None = None
) -> dict[str, Any]:
    """The mirrored graph: nodes as in the JSON document, the layers with their rows of boxes, which layers are alike.

    Boxes have ids of nodes, and each node stands in one box. `yaml` is the text of lines of the config, `flow` what is
    painted on the graph.
    """
    drawn = mirror(graph, layers)
    boxes = Boxes(graph, drawn)
    ids = {node: number for number, node in enumerate(graph.nodes)}
    outline = [section for tree in drawn.trees for section in tree.outline()]
    sections = [section for section in outline if section.entries or section.layer.line is not None]
    places = {section: place for place, section in enumerate(sections)}
    around = {inner: places[outer] for outer in sections for inner in outer.inside}
    stacks = [drawn.trees, *(section.inside for section in sections)]
    document = as_json(graph)
    return {
        **document,
        "nodes": _nodes(graph, document["nodes"], ids, flow),
        "ops": {node.op.name: _about(node) for node in graph.nodes if is_computed(node)},
        "layers": [_layer(each, around.get(each), boxes.rows[each.layer.name], ids) for each in sections],
        "groups": [group for stack in stacks for group in _groups(stack, places, around)],
        "rest": {phase: box.as_json(ids) for phase, box in boxes.rest.items()},
        "gradients": {str(ids[parameter]): ids[gradient] for parameter, gradient in gradients_of(graph).items()},
        "end": drawn.end,
        "open": sum(len(section.entries) for section in sections) <= FEW,
        "yaml": {str(line): text for line, text in (yaml or {}).items()},
        "examples": flow.examples if flow is not None else None,
        "healthy": {"largest": EXPLODING_UPDATE, "smallest": VANISHING_UPDATE},
    }


def _nodes(graph: Graph, entries: Sequence[dict[str, Any]], ids: Mapping[Node, int], flow: Flow | None) -> list[dict[str, Any]]:
    """The nodes of the JSON document; what is read only for its number of examples is no input here.

    Entries that are null or empty are left out: they would be a tenth of the page.
    """
    found = []
    for node, entry in zip(graph.nodes, entries, strict=True):
        more: dict[str, Any] = {
            "inputs": [ids[x] for x in read_by(node)],
            "bytes": node.type.bytes,
        }
        if isinstance(node.op, Variable):
            more["trainable"] = node.op.trainable
        if flow is not None:
            more["values"] = {name: _short(value) for name, value in asdict(flow.statistics[node]).items()}
            more["root_mean_square"] = _short(flow.statistics[node].root_mean_square)
            more["update_ratio"] = _short(flow.update_ratios.get(node))
        found.append({name: value for name, value in (entry | more).items() if value is not None and value != ""})
    return found


def _short(value: object) -> object:
    """A number in four digits: nobody reads more on a page. One that is not finite in words, since JSON has none."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.4g}") if np.isfinite(value) else str(value)


def _about(node: Node) -> str:
    """The first sentence about an operation: its formula."""
    return (type(node.op).__doc__ or "").strip().split("\n\n", maxsplit=1)[0].replace("\n    ", " ")


def _layer(section: Section, around: int | None, rows: Sequence[BoxRow], ids: Mapping[Node, int]) -> dict[str, Any]:
    """A layer: `around` is the place of the one that it is in, `label` its name there; its own rows come after those in it."""
    own = {"label": section.name, "around": around, "facts": section.facts, "gradients": section.gradients}
    return {**asdict(section.layer), **own, "rows": [_row(row, ids) for row in rows]}


def _row(row: BoxRow, ids: Mapping[Node, int]) -> dict[str, Any]:
    results = [
        {**box.as_json(ids), "value": ids[result.nodes[-1]] if result.nodes else None, "kept": list(result.kept)}
        for result, box in row.results
    ]
    return {
        "role": row.entry.role,
        "forward": row.forward.as_json(ids),
        "results": results,
        "update": row.update.as_json(ids) if row.update is not None else None,
    }


def _groups(stack: Sequence[Section], places: Mapping[Section, int], around: Mapping[Section, int]) -> list[dict[str, Any]]:
    """The layers of a stack that only repeat the ones before: from and to, with those in them, as places in the list."""
    shown = [section for section in stack if section in places]
    return [
        {
            "first": places[item.hidden[0].section],
            "last": places[[*item.hidden[-1].section.outline()][-1]],
            "times": item.times,
            "size": item.layers,
            "last_name": item.last,
            "around": around.get(item.hidden[0].section),
        }
        for item in without_repeats([Shown(section) for section in shown])
        if isinstance(item, Repeat)
    ]
