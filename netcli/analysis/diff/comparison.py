"""Two configs beside each other: which layers were added, removed and changed, and what that does to the graphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from netcli.analysis.diff.alignment import align
from netcli.analysis.diff.records import Change, Comparison, Difference, LayerPair, Total
from netcli.analysis.explain.stages import yaml_lines
from netcli.analysis.inspect.costs import cost, layer_rows
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
#: A layer that stands in more or in fewer layers is another one more likely than one at its own depth.
_OTHER_DEPTH = 0.3
_PHASES: tuple[Phase, ...] = ("forward", "backward", "update")


@dataclass(frozen=True, eq=False)
class _Laid:
    """A layer to be laid beside another one: its own settings, without the layers in it, which are laid by themselves."""

    placed: Placed
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, placed: Placed) -> _Laid:
        layer = placed.layer
        own = {name: getattr(layer, name) for name in type(layer).model_fields}
        return cls(placed, {name: plain(value) for name, value in own.items() if not _has_layers(value)})


@dataclass(frozen=True, eq=False)
class _Side:
    """One of the two: its layers, in rows and as they are placed, and the lines that they stand on."""

    session: Session
    rows: tuple[LayerRow, ...]
    lines: Mapping[str, str]

    @classmethod
    def of(cls, session: Session) -> _Side:
        return cls(session, layer_rows(session.model, session.step), yaml_lines(session))

    @cached_property
    def laid(self) -> list[_Laid]:
        return [_Laid.of(placed) for placed in self.session.layers]


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
    yield _pair(before.rows[0], after.rows[0], ())
    for i, j in align(before.laid, after.laid, _cost):
        if i is None and j is not None:
            row = after.rows[j + 1]
            yield LayerPair("added", None, row, _yaml(row, after.lines), ())
        elif j is None and i is not None:
            row = before.rows[i + 1]
            yield LayerPair("removed", row, None, _yaml(row, before.lines), ())
        elif i is not None and j is not None:
            changed = _settings(before.laid[i], after.laid[j])
            yield _pair(before.rows[i + 1], after.rows[j + 1], changed)


def _yaml(row: LayerRow, lines: Mapping[str, str]) -> str:
    """The line that a layer stands on, if it is its own."""
    line = lines.get(row.name, "").removeprefix("- ")
    return line if line.partition(":")[0] == row.type else row.type


def _pair(before: LayerRow, after: LayerRow, settings: tuple[Difference, ...]) -> LayerPair:
    """Two layers beside each other. Where only its name or its line is another, a layer is the same."""
    change: Change = "follows"
    if settings or before.type != after.type:
        change = "changed"
    elif replace(before, name=after.name, line=after.line) == after:
        change = "same"
    return LayerPair(change, before, after, "", settings)


def _cost(before: _Laid, after: _Laid) -> float:
    """How unlike two layers are."""
    one, other = before.placed, after.placed
    if one.layer.word != other.layer.word:
        return _OTHER_TYPE if isinstance(one.layer, Loss) == isinstance(other.layer, Loss) else _NEVER
    changed = 0 if before.settings == after.settings else len(_settings(before, after)) + 1
    return min(_SETTING * changed, _MOST_SETTINGS) + (_OTHER_DEPTH if one.depth != other.depth else 0.0)


def _settings(before: _Laid, after: _Laid) -> tuple[Difference, ...]:
    """The settings in which two layers of one type differ."""
    if before.placed.layer.word != after.placed.layer.word:
        return ()
    return tuple(differences("", before.settings, after.settings))


def _has_layers(value: Any) -> bool:
    """Whether layers are in the value of a setting."""
    if isinstance(value, Mapping):
        return any(map(_has_layers, value.values()))
    return any(isinstance(each, Layer) or _has_layers(each) for each in value) if isinstance(value, list) else False


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
