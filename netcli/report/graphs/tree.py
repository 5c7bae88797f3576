"""A graph as a tree: layers, in each its forward nodes, its gradients and its updates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from netcli.analysis.inspect.formula import number
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
    """Every node under its layer and phase, each with its inputs and type; constants stand where they are read.

    Layers come in the order of the stack; what belongs to none (the learning rate, the norm of all gradients) is a branch of
    its own, `step`. Lines are cut at `width` columns.
    """
    found = origins(graph)
    nodes: dict[tuple[str, Phase], list[Node]] = {}
    for node in graph.nodes:
        if not isinstance(node.op, Constant):
            nodes.setdefault((found[node].layer, found[node].phase), []).append(node)
    facts = {layer.name: layer for layer in layers}
    names = dict.fromkeys([*facts, *(layer for layer, _ in nodes if layer), ""])
    branches = [_layer(graph, name, facts.get(name), nodes) for name in names]
    lines = _drawn([branch for branch in branches if branch.branches])
    return [line_in(_cut(line, width), encoding) for line in lines]


def _layer(graph: Graph, name: str, layer: LayerRow | None, nodes: dict[tuple[str, Phase], list[Node]]) -> _Branch:
    facts = [f" · {layer.type}", f" · line {layer.line}"] if layer is not None and layer.line is not None else []
    branches = []
    for phase, title in _PHASES:
        leaves = [_leaf(graph, node, name, phase) for node in nodes.get((name, phase), ())]
        if leaves:
            count = f" · {len(leaves)} node{'s' * (len(leaves) > 1)}"
            branches.append(_Branch((Styled(title, phase), Styled(count, "muted")), tuple(leaves)))
    return _Branch((Styled(name or "step", "strong"), Styled("".join(facts), "muted")), tuple(branches))


def _leaf(graph: Graph, node: Node, layer: str, style: Style) -> _Branch:
    """`name = op(inputs) : type attributes`, forward names without the layer that the node stands under."""

    def short(x: Node) -> str:
        return number(x) or graph.names[x].removeprefix(f"{layer}/")

    call = f"{node.op.name}({', '.join(map(short, node.inputs))})" if node.inputs else node.op.name
    return _Branch((Styled(short(node), style), f" = {call}", Styled(f" : {node.type} {node.op.attributes}".rstrip(), "muted")))


def _drawn(branches: Sequence[_Branch], indent: str = "") -> Iterable[Line]:
    """The lines of the branches under `indent`; trees here are three levels deep."""
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
