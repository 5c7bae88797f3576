"""The backward column of the mirrored picture: what the backward graph computes for each row of the forward one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from netcli.analysis.inspect.formula import formulas
from netcli.analysis.inspect.roles import forward_values, gradients_of, is_computed
from netcli.analysis.inspect.rows import Row, Rows
from netcli.graph import Graph, Known, Node, TensorType, read_by
from netcli.ops.arithmetic import is_total

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

#: How a forward node is called.
Namer = Callable[[Node], str]


@dataclass(frozen=True)
class Result:
    """A value of the backward graph: formula, type, and the names of the forward values that it reads.

    `nodes` lead to the value, the last of them; results of one row may share some. There are none where the gradient from
    below is handed on as it is. `meets`: it is the sum of the gradients from all that read the row.
    """

    formula: str
    type: TensorType
    kept: tuple[str, ...]
    nodes: tuple[Node, ...]
    meets: bool = False


class Derivatives:
    """The backward nodes by the forward node to whose derivative they belong.

    A derivative is a list of backward nodes, inputs before users; what it reads of the backward graph without holding it comes
    from below.
    """

    def __init__(self, graph: Graph, rows: Rows) -> None:
        self._graph, self._rows = graph, rows
        self._place = {node: place for place, node in enumerate(graph.nodes)}
        self._known = _known(graph)
        self._of: dict[Node, list[Node]] = {}
        for node in graph.nodes:
            if _is_backward(node) and node.origin.forward is not None:
                self._of.setdefault(node.origin.forward, []).append(node)
        self.gradients = gradients_of(graph)
        self._ways = {w: self._way(w, g) for w, g in self.gradients.items()}
        self._aside = {node for way in self._ways.values() for node in way}

    def gradient(self, parameter: Node, name: Namer) -> Result | None:
        """The gradient of a parameter, from the gradients of the operations that read it; None if there is none."""
        gradient = self.gradients.get(parameter)
        return self._results([gradient], self._ways[parameter], name)[0] if gradient is not None else None

    def results(self, row: Row, name: Namer) -> list[Result]:
        """What the derivative of a row hands on to the rows above it, the last computed first."""
        derivative = self._derivative(row.nodes)
        return self._results(self._handed_on(derivative), derivative, name)

    def meeting(self, row: Row, name: Namer) -> Result | None:
        """The sum of the gradients that come from several readers of a row, if the row makes something else of it."""
        derivative = self._derivative(row.nodes)
        handed_on = self._handed_on(derivative)
        found = self._results(handed_on, derivative, name, with_total=True)
        return found[-1] if len(found) > len(handed_on) else None

    def reader(self, parameter: Node) -> Row | None:
        """The first row of data in which a parameter is read."""
        readers = [self._rows.of.get(node) for node in self._readers(parameter)]
        return next((row for row in readers if row is not None and row.role == "data"), None)

    def _readers(self, parameter: Node) -> list[Node]:
        """The forward nodes from a parameter to the data: those that depend on nothing fed, and the first ones that do."""
        found: list[Node] = []
        waiting = [parameter]
        while waiting:
            for user in self._graph.users[waiting.pop(0)]:
                if user in self._rows.of and user not in found:
                    found.append(user)
                    waiting += [user] if user in self._rows.settled else []
        return found

    def _way(self, parameter: Node, gradient: Node) -> list[Node]:
        """The backward nodes that lead from the operations that read a parameter to its gradient, and nowhere else."""
        derivative = self._derivative([parameter, *self._readers(parameter)])
        own = [node for node in derivative if node is gradient or not self._outside(node, derivative)]
        return _leading_to([gradient], own)

    def _handed_on(self, derivative: Sequence[Node]) -> list[Node]:
        without = self._aside | self._known.keys()
        return [node for node in reversed(derivative) if node not in without and self._outside(node, derivative)]

    def _derivative(self, nodes: Iterable[Node]) -> list[Node]:
        derivative = {inner for node in nodes for inner in self._of.get(node, ())}
        return sorted(derivative, key=self._place.__getitem__)

    def _outside(self, node: Node, derivative: Sequence[Node]) -> bool:
        """Whether a backward node that is not of the derivative reads the node."""
        return any(_is_backward(user) and user not in derivative for user in self._graph.users[node])

    def _results(
        self, wanted: Sequence[Node], derivative: Sequence[Node], name: Namer, *, with_total: bool = False
    ) -> list[Result]:
        """The wanted nodes of a derivative as formulas; with the sum of all that comes from below, behind them."""
        derivative = _leading_to(wanted, derivative)
        below = dict.fromkeys(x for node in derivative for x in read_by(node) if self._is_below(x, derivative))
        total = _total(derivative, below) if len(below) > 1 else None
        wanted = [*wanted, *([total] if with_total and total is not None and total not in wanted else [])]
        ways = {node: _leading_to([node], derivative) for node in wanted}
        signs = {x: f"g{str(place).translate(_SUBSCRIPTS)}" if len(below) > 1 else "g" for place, x in enumerate(below, 1)}

        def written(node: Node) -> str:
            return signs.get(node) or self._known.get(node) or name(node)

        texts = formulas(derivative, written)
        if total is not None:
            signs[total] = "g"
            texts = formulas([node for node in derivative if node is not total], written) | {total: f"g = {texts[total]}"}
        return [
            Result(texts.get(node) or written(node), node.type, _kept(way, name), tuple(way) or (node,), node is total)
            for node, way in ways.items()
        ]

    def _is_below(self, node: Node, derivative: Sequence[Node]) -> bool:
        return _is_backward(node) and node not in self._known and node not in derivative


def _known(graph: Graph) -> dict[Node, str]:
    """The formulas of the backward nodes that are computed from numbers alone: they may serve several layers."""
    known: set[Node] = set()
    for node in graph.nodes:
        if _is_backward(node) and all(x in known or isinstance(x.op, Known) for x in node.inputs):
            known.add(node)
    return formulas([node for node in graph.nodes if node in known], lambda node: graph.names[node])


def _total(derivative: Sequence[Node], below: Iterable[Node]) -> Node | None:
    """The sum of all that comes from below, in a derivative that begins with it."""
    sums = set(below)
    for node in derivative:
        if is_total(node) and sums.issuperset(node.inputs):
            sums.add(node)
    return next((node for node in reversed(derivative) if node in sums), None)


def _leading_to(wanted: Sequence[Node], derivative: Sequence[Node]) -> list[Node]:
    """The nodes of a derivative that the wanted ones are computed from, and these."""
    found = set(wanted)
    for node in reversed(derivative):
        if node in found:
            found.update(read_by(node))
    return [node for node in derivative if node in found]


def _kept(nodes: Iterable[Node], name: Namer) -> tuple[str, ...]:
    """The names of the forward values that nodes read."""
    values = [x for node in nodes for x in forward_values(node)]
    return tuple(dict.fromkeys(map(name, values)))


def _is_backward(node: Node) -> bool:
    return node.origin.phase == "backward" and is_computed(node)
