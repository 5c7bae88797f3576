"""The mirrored picture as a value: forward nodes in rows, each with what the backward graph computes for it.

    x  what comes from the row above        y  the result of the row
    g  the gradient that comes from below   ∂p the gradient of the parameter p
    skip  in a layer with others in it: what comes into it, past these

A row is a forward operation with the reshapes and casts behind it. Its results are the values that its backward nodes (those
that name it as their forward node) hand on, written as formulas. A layer with others in it computes what is in them first, then
its own rows; see `arrangement`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netcli.analysis.inspect.arrangement import Arrangement, Fork
from netcli.analysis.inspect.derivatives import Derivatives, Result
from netcli.analysis.inspect.formula import call, number
from netcli.analysis.inspect.nesting import Nest, nests
from netcli.analysis.inspect.records import LayerRow
from netcli.analysis.inspect.roles import end_of, is_computed, is_count
from netcli.analysis.inspect.rows import Role, Row, Rows, forward_rows
from netcli.analysis.inspect.updates import update_formula
from netcli.graph import Graph, Leaf, Node, TensorType, read_by


@dataclass(frozen=True, eq=False)
class Entry:
    """A row: forward nodes, their text and type, and what the backward graph has for them, the last computed first.

    A parameter has one result, its gradient, and the formula of its update.
    """

    role: Role
    nodes: tuple[Node, ...]
    text: str
    type: TensorType
    results: tuple[Result, ...]
    update: str | None = None


@dataclass(frozen=True, eq=False)
class Section:
    """A layer with the layers in it, and then its own rows, in the order of computation.

    `name` is its path within the layer around it. Where what comes into the layer is read in several places (`fork`), each of
    these stacks side by side has a number, its `track` from 1 on; of stacks one after the other it is 0. `meets` is then
    the sum of the gradients from all of them, if a row above needs it.
    """

    layer: LayerRow
    entries: tuple[Entry, ...]
    name: str = ""
    inside: tuple[Section, ...] = ()
    track: int = 0
    fork: Fork | None = None
    meets: Result | None = None

    def walk(self) -> Iterator[Section]:
        """Those in it, then itself."""
        for section in self.inside:
            yield from section.walk()
        yield self

    def outline(self) -> Iterator[Section]:
        """Itself, then those in it, as they are written."""
        yield self
        for section in self.inside:
            yield from section.outline()

    @property
    def facts(self) -> list[str]:
        """What its heading says behind its name: the type where the name does not tell, the line of YAML."""
        layer = self.layer
        own = layer.name.rpartition("/")[2]
        found = [layer.type] * (not own.startswith(layer.type)) + [f"line {layer.line}"] * (layer.line is not None)
        return found if any(each.entries for each in self.walk()) else [*found, "the loss is computed without it"]

    @property
    def gradients(self) -> str:
        """The gradients that come out of the layer, in one line; empty if none do."""
        if self.inside:
            return self._gradients_within()
        parameters = [f"∂{entry.text}" for entry in self.entries if entry.role == "parameter" and entry.results]
        data = [entry for entry in self.entries if entry.role == "data"]
        handed_on = [result.formula for entry in data for result in entry.results if not result.meets]
        if len(handed_on) == 1 and not parameters:
            return handed_on[0]
        return ", ".join([*parameters, *["∂x"] * bool(data and data[0].results)])

    def _gradients_within(self) -> str:
        """In so many words: how many parameters have a gradient in it, and whether one comes out of it above."""
        entries = [entry for section in self.walk() for entry in section.entries if entry.results]
        number = sum(entry.role == "parameter" for entry in entries)
        names = [f"∂ of {number} parameter{'s' * (number > 1)}"] * bool(number)
        data = [entry for entry in entries if entry.role == "data"]
        return ", ".join([*names, *["∂x"] * bool(data and (self.fork is None or self.fork.flows))])


@dataclass(frozen=True, eq=False)
class Mirror:
    """The picture of a graph: the layers of the main stack, `trees`.

    `end` is the name of what is minimised; a forward graph alone has no gradients.
    `left_out` nodes, of metrics, statistics, norms and the optimizer's arithmetic, are not in it.
    """

    trees: tuple[Section, ...]
    end: str
    has_gradients: bool
    left_out: int

    @property
    def sections(self) -> tuple[Section, ...]:
        """All layers, those in others before these, as they are computed."""
        return tuple(section for tree in self.trees for section in tree.walk())


def mirror(graph: Graph, layers: Sequence[LayerRow]) -> Mirror:
    """The picture of a graph with an output `loss` (and, with penalties, `objective`) and `gradients/LABEL`.

    Nodes that what is minimised does not depend on (metrics, statistics, norms) are not in it. `layers` are in the order of
    the stack; those that have no node in the graph get an empty section.
    """
    rows = forward_rows(graph)
    derivatives = Derivatives(graph, rows)
    known = [layer.name for layer in layers]
    unknown = [LayerRow(name, "", None, (), 0, 0, 0, 0) for name in rows.by_layer if name not in known]
    trees = nests([*unknown, *layers])
    drawing = _Drawing(graph, rows, derivatives, Arrangement(rows, trees))
    sections = tuple(drawing.section(nest) for nest in trees)
    left_out = [node for node in graph.nodes if is_computed(node) and node.origin.phase != "backward" and node not in rows.of]
    return Mirror(sections, end_of(graph), bool(derivatives.gradients), sum(not is_count(node) for node in left_out))


class _Drawing:
    """Writes row after row."""

    def __init__(self, graph: Graph, rows: Rows, derivatives: Derivatives, arranged: Arrangement) -> None:
        self._graph, self._rows, self._derivatives, self._arranged = graph, rows, derivatives, arranged
        self._met: dict[Row, Result] = {}
        self._taken = set(graph.names.values())

    def section(self, nest: Nest) -> Section:
        """The rows of a layer, and of those in it."""
        fork = self._arranged.forks.get(nest)
        meets = self._met.pop(fork.row, None) if fork is not None else None
        inside = tuple(map(self.section, nest.inside))
        entries = tuple(map(self._entry, self._rows.by_layer.get(nest.row.name, ())))
        return Section(nest.row, entries, nest.name, inside, self._arranged.tracks.get(nest, 0), fork, meets)

    def _entry(self, row: Row) -> Entry:
        nodes = tuple(row.nodes)

        def name(node: Node) -> str:
            return self._name(node, row, "y")

        if row.role == "parameter":
            home = self._derivatives.reader(row.head) or row
            gradient = self._derivatives.gradient(row.head, lambda node: self._name(node, home, "y"))
            update = update_formula(self._graph, row.head)
            return Entry("parameter", nodes, self._label(row), row.head.type, (gradient,) if gradient else (), update)
        results = self._derivatives.results(row, name)
        if len(results) < self._takers(row):
            sums = [result for result in results if result.meets]  # what is computed first stands below
            results = [result for result in results if not result.meets] + [Result("g", row.head.type, (), ()), *sums]
        if self._arranged.splits(row):
            results += filter(None, [self._derivatives.meeting(row, name)])
            self._met.update((row, result) for result in results if result.meets)
        return Entry(row.role, nodes, self._text(row), row.nodes[-1].type, tuple(results))

    def _text(self, row: Row) -> str:
        """The operation and its operands; a name alone for a leaf."""
        if isinstance(row.head.op, Leaf):
            return self._label(row)
        operands = [self._name(x, row) for x in read_by(row.head)]
        return call(row.head, operands, self._label(row))

    def _name(self, node: Node, row: Row, own: str | None = None) -> str:
        """What a node is called in a row: x, y (where that is the row's own result), or its name in the layer."""
        other = self._rows.of.get(node)
        if other is None:
            return number(node) or (node.op.name if is_count(node) else self._short(node, row.layer))
        if other is row and own is not None:
            return own
        if other is self._arranged.above.get(row) and row.role != "side":
            return "x"
        if other is self._arranged.beside.get(row):
            return "skip"
        return self._short(other.head, row.layer)

    def _label(self, row: Row) -> str:
        return self._short(row.head, row.layer)

    def _short(self, node: Node, layer: str) -> str:
        """A node's name from where the layer stands: without the layers that both are in, unless another node has that name."""
        name = self._graph.names[node]
        path, own = name.split("/"), layer.split("/")
        shared = next((place for place, pair in enumerate(zip(path, own, strict=False)) if pair[0] != pair[1]), len(own))
        short = "/".join(path[min(shared, len(path) - 1) :])
        return name if "/" in short and short in self._taken else short

    def _takers(self, row: Row) -> int:
        """How many operands take a gradient from the row. An operation that hands it on as it is has no node for that."""
        flowing, settled = self._rows.flowing, self._rows.settled
        if row.head not in flowing or not self._derivatives.gradients:
            return 0
        return len({x for x in read_by(row.head) if x in flowing and x not in settled})
