"""A graph in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netcli.analysis.inspect.formula import call, number
from netcli.analysis.inspect.nesting import Nest, nests
from netcli.analysis.inspect.records import LayerRow
from netcli.analysis.inspect.roles import is_computed, is_parameter, origins
from netcli.graph import Graph, Node, Origin, Phase, read_by
from netcli.report.graphs.colours import LIGHT

_COLUMNS: Mapping[Phase, str] = {"forward": "forward", "backward": "gradients", "update": "update"}

_LAYER = {"peripheries": "1", "labeljust": "l", "style": "rounded"}

_HEADER = """digraph netcli {
  graph [rankdir=TB, newrank=true, fontname="Helvetica", fontsize=11, nodesep=0.3, ranksep=0.4]
  node [fontname="Helvetica", fontsize=10, shape=box, margin="0.1,0.05", height=0.3]
  edge [fontname="Helvetica", fontsize=9, arrowsize=0.7]
"""


def dot(graph: Graph, layers: Sequence[LayerRow]) -> str:
    """The graph for Graphviz in columns: forward nodes on the left, running down; right of them, at the height of its forward
    node, each backward node, gradients running up; then the update. In each column, a cluster for each layer, with those of the
    layers in it.

    Gradients are coloured, values kept for the backward pass dashed; parameters are boxes with sharp corners, updates lead
    back to them. Numbers stand in the nodes that read them.
    """
    return _Writing(graph, origins(graph)).text(layers)


@dataclass(frozen=True, eq=False)
class _Writing:
    graph: Graph
    origins: Mapping[Node, Origin]

    def text(self, layers: Sequence[LayerRow]) -> str:
        shown = [node for node in self.graph.nodes if number(node) is None]
        trees = nests(layers)
        columns = {phase: [node for node in shown if self.origins[node].phase == phase] for phase in _COLUMNS}
        columns = {phase: nodes for phase, nodes in columns.items() if nodes}
        lines = [line for phase, nodes in columns.items() for line in self._column(phase, trees, nodes)]
        # the headings' order, left to right, is what keeps the columns in theirs
        lines.append(f"{{rank=min; {' -> '.join(map(_heading, columns))} {_attributes(style='invis', weight='100')}}}")
        lines += self._same_heights(shown)
        lines += [self._edge(x, node) for node in shown for x in dict.fromkeys(node.inputs) if number(x) is None]
        lines += [self._update(target, value) for target, value in self.graph.updates.items()]
        return "\n".join([_HEADER.rstrip(), *(f"  {line}" for line in lines), "}", ""])

    def _column(self, phase: Phase, trees: Sequence[Nest], nodes: Sequence[Node]) -> list[str]:
        """The nodes of a phase in a cluster without a border, which keeps them together, under a heading."""
        line = LIGHT[phase].line
        by_layer: dict[str, list[str]] = {}
        for node in nodes:
            by_layer.setdefault(self.origins[node].layer, []).append(f"{self._id(node)} {self._node(node)}")
        body = [text for nest in trees for text in _layer(phase, nest, by_layer)]
        known = {row.name for nest in trees for row in nest.rows}
        for name, inner in by_layer.items():
            if name not in known:
                body += _cluster(f"{phase} {name}", _bordered(name, phase), inner) if name else inner
        heading = f"{_heading(phase)} {_attributes(label=_COLUMNS[phase], shape='plaintext', fontsize='16', fontcolor=line)}"
        return _cluster(phase, _attributes(peripheries="0"), [heading, *body])

    def _same_heights(self, nodes: Sequence[Node]) -> list[str]:
        """Each forward node side by side with the first of its backward nodes."""
        partners: dict[Node, Node] = {}
        for node in nodes:
            forward = self.origins[node].forward
            if self.origins[node].phase == "backward" and forward in self.origins and forward is not None:
                partners.setdefault(forward, node)
        return [f"{{rank=same; {self._id(x)} -> {self._id(y)} {_attributes(style='invis')}}}" for x, y in partners.items()]

    def _node(self, node: Node) -> str:
        colour = LIGHT[self.origins[node].phase]
        operands = [number(x) or "·" for x in read_by(node)] if any(number(x) for x in node.inputs) else []
        title = call(node, operands) if is_computed(node) else self.graph.names[node]
        style, width = ("filled", "2") if is_parameter(node) else ("rounded,filled", "1")
        colours = {"color": colour.line, "fillcolor": colour.ground}
        return _attributes(label=f"{title}\n{node.type}", **colours, style=style, penwidth=width)

    def _edge(self, x: Node, node: Node) -> str:
        """From an input to its user. Edges of gradients and updates are turned around for the layout, so that they run up."""
        before, after = self.origins[x].phase, self.origins[node].phase
        line = LIGHT[after].line
        if before != "forward":
            return f"{self._id(node)} -> {self._id(x)} {_attributes(color=line, dir='back')}"
        if after == "forward":
            return f"{self._id(x)} -> {self._id(node)} {_attributes(color=line)}"
        return f"{self._id(x)} -> {self._id(node)} {_attributes(color=line, style='dashed', constraint='false')}"

    def _update(self, target: Node, value: Node) -> str:
        return f"{self._id(value)} -> {self._id(target)} {_attributes(color=LIGHT['update'].line, constraint='false')}"

    def _id(self, node: Node) -> str:
        return _quoted(self.graph.names[node])


def _layer(phase: Phase, nest: Nest, by_layer: Mapping[str, Sequence[str]]) -> list[str]:
    """The cluster of a layer, around those of the layers in it; nothing where it has no node of the phase."""
    row = nest.row
    inside = [line for inner in nest.inside for line in _layer(phase, inner, by_layer)]
    body = [*inside, *by_layer.get(row.name, ())]
    title = f"{nest.name} (line {row.line})" if row.line is not None else nest.name
    return _cluster(f"{phase} {row.name}", _bordered(title, phase), body) if body else []


def _bordered(title: str, phase: Phase) -> str:
    return _attributes(label=title, color=LIGHT[phase].line, **_LAYER)


def _heading(phase: Phase) -> str:
    """The id of a heading; no node has a blank in its name."""
    return _quoted(f"heading {phase}")


def _cluster(name: str, attributes: str, body: Sequence[str]) -> list[str]:
    return [f"subgraph {_quoted(f'cluster {name}')} {{", f"  graph {attributes}", *(f"  {line}" for line in body), "}"]


def _attributes(**values: str) -> str:
    return f"[{', '.join(f'{name}={_quoted(value)}' for name, value in values.items())}]"


def _quoted(text: str) -> str:
    """A quoted string: quotes and backslashes are escaped, line breaks written as Graphviz does."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
