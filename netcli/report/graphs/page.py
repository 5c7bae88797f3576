"""A graph as a web page: one file that needs no network, in light and in dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from string import Template

from netcli.analysis.inspect.records import Flow, LayerRow
from netcli.graph import Graph
from netcli.report import markup
from netcli.report.graphs.page_data import page_data

#: The page's script, in the order in which its parts need each other.
SCRIPTS = ("model.js", "layout.js", "painting.js", "drawing.js", "chain.js", "panel.js", "main.js")


def graph_page(
    graph: Graph,
    layers: Sequence[LayerRow],
    name: str,
    source: str,
    *,
    yaml: Mapping[int, str] | None = None,
    flow: Flow | None = None,
) -> str:
    """The page of a graph; see `page_data`. `name` is its title, `source` what it was made from."""
    return Template(_asset("graph.html")).substitute(
        title=escape(f"{name} - netcli"),
        name=escape(name),
        source=escape(source),
        css=_asset("graph.css"),
        data=markup.script_json(page_data(graph, layers, yaml, flow)),
        dagre_license=_asset("dagre.LICENSE.txt"),
        dagre=_asset("dagre.min.js"),
        scripts="\n".join(map(_asset, SCRIPTS)),
    )


def _asset(name: str) -> str:
    return markup.asset(f"graph/{name}")
