"""One walk through a network: the stacks within stacks, names and what they stand for, and where a mistake is.

A layer that has layers of its own calls `Building.fold`, which comes back here; so a stack is folded by itself, whatever it
stands in. Names are paths: what a stack is called, then the layer in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from netcli.errors import GraphError
from netcli.graph import Node, layer
from netcli.layers.building import Building, LayerError, shape_text
from netcli.layers.ending import Ending, Given, behind, ending_of
from netcli.layers.layer import Layer, Loss, Unresolved
from netcli.layers.placing import INPUT, Placed, StackError, Written, local_names
from netcli.settings import nearest

#: Says where a layer is written.
Locate = Callable[[Layer], Written]


@dataclass(eq=False)
class _Scope:
    """A stack that is being folded: the layers that are done, by the names they were given, and the stack around it.

    `outer` is None for the main stack and for a block, which sees no names from outside. `trail` is each value so far.
    """

    path: str
    outer: _Scope | None
    depth: int = 0
    done: dict[str, tuple[Placed, Node]] = field(default_factory=dict)
    trail: list[tuple[str, Node]] = field(default_factory=list)

    def named(self) -> dict[str, tuple[Placed, Node]]:
        """What can be referred to from here, by the names that were given, the innermost first."""
        found = {name: done for name, done in self.done.items() if done[0].layer.name}
        return found if self.outer is None else {**found, **{n: d for n, d in self.outer.named().items() if n not in found}}


class Walk:
    """A walk, for training or for evaluation; `ending` is what the one for training found, None in that one.

    `layers` has every layer with its output, those around others before them; `after` what is known of each output.
    """

    def __init__(self, building: Building, locate: Locate, placed: dict[str, Placed], ending: Ending | None) -> None:
        self.building, self._locate, self._placed, self.ending = building, locate, placed, ending
        self._outputs: dict[Placed, Node | None] = {}
        self._inputs: dict[Placed, Node] = {}
        self._given: dict[Placed, Given] = {}
        self.after: dict[Placed, Given] = {}
        self._now = Given()
        self._scope: _Scope | None = None
        self._known: dict[Node, Given] = {}
        self._parts: list[_Scope] = []

    @property
    def layers(self) -> list[tuple[Placed, Node]]:
        """Every layer with its output."""
        return [(placed, node) for placed, node in self._outputs.items() if node is not None]

    def main(self, stack: Sequence[Layer], x: Node, name: str) -> Node:
        """The main stack, on the data, whose value is called `name`. Raises StackError."""
        self._scope = scope = _Scope("", None)
        scope.trail.append((name, x))
        return self._fold(stack, x, scope, "glorot", closed=True)

    def fold(self, stack: Sequence[Layer], x: Node, part: str, *, sealed: bool) -> Node:
        """A stack within the present layer; see `Building.fold`."""
        building, outer, before = self.building, self._scope, self._now
        path = "/".join(filter(None, [building.layer, part]))
        assert outer is not None, "it is within a layer of the main stack"
        scope = _Scope(path, None if sealed else outer, outer.depth + 1)
        scope.trail.append(("", x))
        self._now = self._known.get(x, Given())
        with self._inside(scope):
            y = self._fold(stack, x, scope, building.suggested, closed=False)
        self._parts.append(scope)
        self._known[y] = self._now
        self._now = before
        return y

    def find(self, name: str) -> tuple[Placed, Node]:
        """The earlier layer of this name, and its output. Raises LayerError, with the names that there are."""
        assert self._scope is not None
        known = self._scope.named()
        if name in known:
            return known[name]
        close = nearest(name, known)
        there = f"names before it are: {', '.join(known)}" if known else f"give an earlier layer the name: {{name: {name}}}"
        raise LayerError(
            f'no layer before it is called "{name}"', hint=f'did you mean "{close}"?' if close else there, setting="of"
        )

    def repeated(self, name: str, x: Node) -> Node:
        """The layer of this name once more, on another input, with the same variables; see `Building.again`."""
        first, _ = self.find(name)
        building = self.building
        with building.sharing(building.layer, first.name):
            y = first.layer.build(building, x)
        if not first.layer.stacks:
            self._known[y] = behind(replace(first, name=building.layer), self._now)
        return y

    @contextmanager
    def _inside(self, scope: _Scope) -> Iterator[None]:
        """Within a stack: its scope, and afterwards the layer that it stands in again."""
        building, outer = self.building, self._scope
        layer_name, suggested = building.layer, building.suggested
        self._scope = scope
        try:
            yield
        finally:
            self._scope, building.layer, building.suggested = outer, layer_name, suggested

    def _fold(self, stack: Sequence[Layer], x: Node, scope: _Scope, suggested: str, *, closed: bool) -> Node:
        """The layers of a stack one after the other. `suggested` suits what follows it; `closed`: it ends in the loss."""
        for index, (written, name) in enumerate(zip(stack, local_names(stack), strict=True)):
            item = written.resolve(x) if isinstance(written, Unresolved) else written
            placed = self._place(item, name, scope)
            if isinstance(item, Loss) and not (closed and index == len(stack) - 1):
                raise early_loss(item.word, placed.written)
            self.building.suggested = _suits(stack[index + 1 :], suggested)
            y = self._layer(placed, x, scope)
            scope.done[name] = placed, y
            scope.trail.append((name, y))
            x = y
        return x

    def _place(self, item: Layer, name: str, scope: _Scope) -> Placed:
        """The layer with its path. Raises StackError for a name that its stack has already, or that is the data's."""
        path = f"{scope.path}/{name}" if scope.path else name
        placed = self._placed.get(path)
        if placed is None or placed.layer is not item:
            placed = self._placed[path] = Placed(item, path, self._locate(item), scope.depth)
        if path == INPUT:
            raise StackError(
                f'a layer cannot be called "{INPUT}": that is the data', placed.written, "name", "choose another name"
            )
        if name in scope.done:
            other = scope.done[name][0]
            lines = f" (line {other.line})" if other.line is not None else ""
            raise StackError(f'two layers of one stack are called "{name}"{lines}', placed.written, "name", "rename one")
        return placed

    def _layer(self, placed: Placed, x: Node, scope: _Scope) -> Node:
        """One layer's output."""
        building, known, parts = self.building, self._known, self._parts
        building.layer, self._outputs[placed], self._inputs[placed] = placed.name, None, x
        self._given[placed], self._known, self._parts = self._now, {x: self._now}, []
        with layer(placed.name, placed.line):
            try:
                if isinstance(placed.layer, Loss):
                    self._reads(placed)
                y = placed.layer.build(building, x)
            except StackError as error:
                if placed.layer.use is not None:
                    error.uses.append(f"used in line {placed.line} {placed.layer.use}")
                raise
            except GraphError as error:
                raise _stack_error(error, placed, scope, self._parts) from error
        if placed.layer.stacks or (y is not x and y in self._known):
            self._now = self._known.get(y, Given())
        elif not isinstance(placed.layer, Loss):
            self._now = behind(placed, self._now)
        self.after[placed], self._outputs[placed] = self._now, y
        self._known, self._parts = known, parts
        return y

    def _reads(self, placed: Placed) -> None:
        """Tell the loss what its input is. Training decides; evaluation computes the same."""
        if self.ending is None:
            self.ending = ending_of(placed, self._now, self._given.__getitem__)
        if self.ending.form is not None and self.ending.by is not None:
            self.building.reads(self.ending.form, self._inputs[self.ending.by])


def _suits(following: Sequence[Layer], behind_them: str) -> str:
    """The initialiser that suits weights in front of these layers, behind which something that `behind_them` suits follows."""
    return next(filter(None, map(_suited, following)), behind_them)


def _suited(item: Layer) -> str | None:
    """What suits weights in front of a layer, or in front of the first layers in it."""
    if isinstance(item, Unresolved):
        return item.kind.suits
    try:
        inner = [each for stack in item.stacks for each in stack]
    except StackError:  # of a block that is used with a wrong setting, which is told when it is built
        return None
    return item.suits or next(filter(None, map(_suited, inner)), None)


def early_loss(word: str, written: Written) -> StackError:
    """A loss that is not the last layer."""
    message = f"the loss {word} must be the last layer of the main stack, and the only loss"
    return StackError(message, written, None, "remove it, or put it at the end")


def _stack_error(error: GraphError, placed: Placed, scope: _Scope, parts: Sequence[_Scope]) -> StackError:
    """The error with the layer, and the trail of shapes that led to it within its stack; of the stacks that it joins, too."""
    lines = [error.hint, f"{_trail(scope)} → {placed.name.rpartition('/')[2]} ✗", *map(_trail, parts)]
    hint = "\n".join(filter(None, lines))
    setting = error.setting if isinstance(error, LayerError) else None
    return StackError(f"{placed.name}: {error.message}", placed.written, setting, hint)


def _trail(scope: _Scope) -> str:
    """The shapes of a stack, from what comes into it."""
    shapes = " → ".join(" ".join(filter(None, [name, shape_text(node.shape)])) for name, node in scope.trail)
    return f"shapes in {scope.path}: {shapes}" if scope.path else f"shapes: {shapes}"
