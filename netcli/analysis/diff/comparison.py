"""Two configs beside each other: which layers were added, removed and changed, and what that does to the graphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netcli.analysis.diff.alignment import align
from netcli.analysis.diff.records import Change, Comparison, Difference, LayerPair, Total
from netcli.analysis.explain.stages import yaml_lines
from netcli.analysis.inspect.costs import cost, layer_rows
from netcli.analysis.inspect.nesting import Nest, nests
from netcli.analysis.inspect.records import LayerRow
from netcli.analysis.inspect.roles import is_computed
from netcli.config.dump import absolute_paths, plain
from netcli.config.load import Loaded
from netcli.graph import Phase
from netcli.layers.layer import Layer, Loss
from netcli.layers.placing import Placed
from netcli.training.session import Session

#: A changed setting of a layer costs this much, and all of them less than removing the one layer or adding the other.
_SETTING, _MOST_SETTINGS = 0.15, 0.9
#: A layer of another type in its place: less than removing the one and adding the other. A loss takes the place of losses only.
_OTHER_TYPE, _NEVER = 1.5, 2.0
_PHASES: tuple[Phase, ...] = ("forward", "backward", "update")


@dataclass(frozen=True, eq=False)
class _Side:
    """One of the two: its layers, in rows and as they are placed, and the lines that they stand on."""

    session: Session
    rows: tuple[LayerRow, ...]
    trees: tuple[Nest, ...]
    lines: Mapping[str, str]
    layers: Mapping[str, Placed]

    @classmethod
    def of(cls, session: Session) -> _Side:
        rows = layer_rows(session.model, session.step)
        return cls(session, rows, nests(rows), yaml_lines(session), {placed.name: placed for placed in session.layers})

    def placed(self, nest: Nest) -> Placed:
        return self.layers[nest.row.name]

    def line(self, nest: Nest) -> str:
        """The line that a layer stands on, if it is its own; else its type alone."""
        line = self.lines.get(nest.row.name, "").removeprefix("- ")
        return line if line.partition(":")[0] == nest.row.type else nest.row.type


def compare(before: Session, after: Session, names: tuple[str, str]) -> Comparison:
    """Compare two configs, as graphs of the training step and in their settings; `names` are what they are called.

    Names of runs are no difference; relative paths are compared by what they mean.
    """
    sides = _Side.of(before), _Side.of(after)
    settings = differences("", _outside(before.loaded), _outside(after.loaded))
    return Comparison(*names, tuple(_layers(*sides)), tuple(_totals(*sides)), tuple(settings))


def _outside(loaded: Loaded) -> dict[str, Any]:
    """The settings outside of the model."""
    settings: dict[str, Any] = plain(absolute_paths(loaded.config, loaded.folder))
    return {key: value for key, value in settings.items() if key not in {"name", "model"}}


def differences(key: str, before: Any, after: Any) -> Iterator[Difference]:
    """The settings that differ. Mappings that have no key in common are of two choices, and differ as a whole."""
    if isinstance(before, Mapping) and isinstance(after, Mapping) and (before.keys() & after.keys() or not key):
        for name in dict.fromkeys([*before, *after]):
            yield from differences(f"{key}.{name}" if key else name, before.get(name), after.get(name))
    elif before != after:
        yield Difference(key, before, after)


def _layers(before: _Side, after: _Side) -> Iterator[LayerPair]:
    """The input, and the layers as they are aligned."""
    (one, *ones), (other, *others) = before.trees, after.trees
    yield _pair(one.row, other.row, ())
    yield from _aligned(before, after, ones, others)


def _aligned(before: _Side, after: _Side, ones: Sequence[Nest], others: Sequence[Nest]) -> Iterator[LayerPair]:
    """The layers of one stack beside those of another, each followed by those in it; whole where there is but one of them."""

    def cost(one: Nest, other: Nest) -> float:
        return _cost(before, after, one, other)

    for i, j in align(ones, others, cost):
        if i is None and j is not None:
            yield LayerPair("added", None, others[j].whole, after.line(others[j]), ())
        elif j is None and i is not None:
            yield LayerPair("removed", ones[i].whole, None, before.line(ones[i]), ())
        elif i is not None and j is not None:
            yield _pair(ones[i].row, others[j].row, _settings(before.placed(ones[i]), after.placed(others[j])))
            yield from _aligned(before, after, ones[i].inside, others[j].inside)


def _pair(before: LayerRow, after: LayerRow, settings: tuple[Difference, ...]) -> LayerPair:
    """Two layers beside each other. Where only its name or its line is another, a layer is the same."""
    change: Change = "follows"
    if settings or before.type != after.type:
        change = "changed"
    elif replace(before, name=after.name, line=after.line) == after:
        change = "same"
    return LayerPair(change, before, after, "", settings)


def _cost(before: _Side, after: _Side, one: Nest, other: Nest) -> float:
    """How unlike two layers are: in their type, their settings, what is in them."""
    first, second = before.placed(one), after.placed(other)
    if first.layer.word != second.layer.word:
        if isinstance(first.layer, Loss) != isinstance(second.layer, Loss) or first.layer.stacks or second.layer.stacks:
            return _NEVER
        return _OTHER_TYPE
    changed = len(_settings(first, second)) + _unlike(before, after, one.inside, other.inside)
    return min(_SETTING * (changed + 1), _MOST_SETTINGS) if changed else 0.0


def _unlike(before: _Side, after: _Side, ones: Sequence[Nest], others: Sequence[Nest]) -> float:
    """How many layers of two stacks differ, place by place."""
    pairs = zip(ones, others, strict=False)
    return abs(len(ones) - len(others)) + sum(min(1.0, _cost(before, after, one, other)) for one, other in pairs)


def _settings(before: Placed, after: Placed) -> tuple[Difference, ...]:
    """The settings in which two layers of one type differ; not the layers in them, which are compared by themselves."""
    if before.layer.word != after.layer.word:
        return ()
    return tuple(differences("", *(_own(placed.layer) for placed in (before, after))))


def _own(layer: Layer) -> dict[str, Any]:
    """A layer's settings without those that are layers."""
    written = plain(layer)
    settings = written[layer.word] if isinstance(written, Mapping) else {}
    if not isinstance(settings, Mapping):
        settings = {layer.main: settings} if layer.main else {}
    return {name: value for name, value in settings.items() if not _holds_layers(getattr(layer, name))}


def _holds_layers(value: object) -> bool:
    """Whether a setting is a layer, or a list or mapping of some."""
    if isinstance(value, Mapping):
        return any(map(_holds_layers, value.values()))
    return isinstance(value, Layer) or (isinstance(value, list | tuple) and any(map(_holds_layers, value)))


def _totals(before: _Side, after: _Side) -> Iterator[Total]:
    """The numbers of the whole networks."""
    one, other = _numbers(before), _numbers(after)
    for name, (unit, value) in one.items():
        yield Total(name, unit, value, other[name][1])


def _numbers(side: _Side) -> dict[str, tuple[Any, int]]:
    """What a network and its training step are made of, by what it is: unit and number."""
    step, batch = side.session.step, side.session.batch_size
    update = cost(step, "update")
    activations = sum(row.activation_bytes for row in side.rows)
    state = sum(w.type.bytes for w in step.variables)
    operations = {
        f"operations, {phase}": ("count", sum(is_computed(node) and node.origin.phase == phase for node in step.nodes))
        for phase in _PHASES
    }
    return {
        "layers": ("count", len(side.session.layers)),
        "parameters": ("count", sum(row.parameters for row in side.rows)),
        "forward, an example": ("flops", sum(row.flops_forward for row in side.rows)),
        "backward, an example": ("flops", sum(row.flops_backward for row in side.rows)),
        "update, a step": ("flops", update.per_step + update.per_example * batch),
        "activations, an example": ("bytes", activations),
        "activations, a batch": ("bytes", activations * batch),
        "weights and other state": ("bytes", state),
        **operations,
    }
