"""A graph as a tree: layers, in each its forward nodes, its gradients and its updates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from netcli.analysis.inspect.formula import number
from netcli.analysis.inspect.nesting import Nest, nests
from netcli.analysis.inspect.records import LayerRow
from netcli.analysis.inspect.roles import origins
from netcli.graph import Constant, Graph, Node, Phase
from netcli.report.graphs.columns import line_in
from netcli.report.text import Line, Style, Styled, clip, line_width, text_of

_PHASES: tuple[tuple[Phase, str], ...] = (("forward", "forward"), ("backward", "gradients"), ("update", "update"))


@dataclass(frozen=True)
class _Branch:
    label: Line
    branches: tuple[_Branch, ...] = ()


def tree(graph: Graph, layers: Sequence[LayerRow], width: int | None = None, encoding: str = "utf-8") -> list[Line]:
    """Every node under its layer and phase, each with its inputs and type; constants stand where they are read. Layers stand
    under the layer that they are in, before its own nodes.

    Layers come in the order of the stack; what belongs to none (the learning rate, the norm of all gradients) is a branch of
    its own, `step`. Lines are cut at `width` columns.
    """
    found = origins(graph)
    nodes: dict[tuple[str, Phase], list[Node]] = {}
    for node in graph.nodes:
        if not isinstance(node.op, Constant):
            nodes.setdefault((found[node].layer, found[node].phase), []).append(node)
    known = {layer.name for layer in layers}
    others = [*(name for name in dict.fromkeys(layer for layer, _ in nodes if layer) if name not in known), ""]
    trees = [*nests(layers), *(Nest(LayerRow(name, "", None, (), 0, 0, 0, 0), name or "step", ()) for name in others)]
    lines = _drawn([branch for nest in trees if (branch := _layer(graph, nest, nodes)).branches])
    return [line_in(_cut(line, width), encoding) for line in lines]


def _layer(graph: Graph, nest: Nest, nodes: Mapping[tuple[str, Phase], Sequence[Node]]) -> _Branch:
    """A layer: those in it, then its own nodes."""
    layer = nest.row
    facts = [f" · {layer.type}", f" · line {layer.line}"] if layer.line is not None else []
    branches = [branch for inner in nest.inside if (branch := _layer(graph, inner, nodes)).branches]
    for phase, title in _PHASES:
        leaves = [_leaf(graph, node, layer.name, phase) for node in nodes.get((layer.name, phase), ())]
        if leaves:
            count = f" · {len(leaves)} node{'s' * (len(leaves) > 1)}"
            branches.append(_Branch((Styled(title, phase), Styled(count, "muted")), tuple(leaves)))
    return _Branch((Styled(nest.name, "strong"), Styled("".join(facts), "muted")), tuple(branches))


def _leaf(graph: Graph, node: Node, layer: str, style: Style) -> _Branch:
    """`name = op(inputs) : type attributes`, names of forward nodes of the layer that the node stands under without it."""

    def short(x: Node) -> str:
        name = graph.names[x]
        return number(x) or (name.removeprefix(f"{layer}/") if name.rpartition("/")[0] == layer else name)

    call = f"{node.op.name}({', '.join(map(short, node.inputs))})" if node.inputs else node.op.name
    return _Branch((Styled(short(node), style), f" = {call}", Styled(f" : {node.type} {node.op.attributes}".rstrip(), "muted")))


def _drawn(branches: Sequence[_Branch], indent: str = "") -> Iterable[Line]:
    """The lines of the branches under `indent`."""
    for branch in branches:
        last = branch is branches[-1]
        yield (Styled(indent + ("└─ " if last else "├─ "), "muted"), *branch.label)
        yield from _drawn(branch.branches, indent + ("   " if last else "│  "))


def _cut(line: Line, width: int | None) -> Line:
    """The line without what goes beyond the width."""
    if width is None or line_width(line) <= width:
        return line
    shown: Line = ()
    for cell in line:
        room = width - line_width(shown)
        if line_width((cell,)) > room:
            text = clip(text_of(cell), max(room, 0))
            return (*shown, Styled(text, cell.style) if isinstance(cell, Styled) else text)
        shown += (cell,)
    return shown
