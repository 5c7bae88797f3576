"""Two configs beside each other: which layers were added, removed and changed, and what that does to the graphs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
from netcli.layers.layer import Loss
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
    lines: Mapping[str, str]

    @classmethod
    def of(cls, session: Session) -> _Side:
        return cls(session, layer_rows(session.model, session.step), yaml_lines(session))


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
    for i, j in align(before.session.layers, after.session.layers, _cost):
        if i is None and j is not None:
            row = after.rows[j + 1]
            yield LayerPair("added", None, row, after.lines.get(row.name, row.type).removeprefix("- "), ())
        elif j is None and i is not None:
            row = before.rows[i + 1]
            yield LayerPair("removed", row, None, before.lines.get(row.name, row.type).removeprefix("- "), ())
        elif i is not None and j is not None:
            changed = _settings(before.session.layers[i], after.session.layers[j])
            yield _pair(before.rows[i + 1], after.rows[j + 1], changed)


def _pair(before: LayerRow, after: LayerRow, settings: tuple[Difference, ...]) -> LayerPair:
    """Two layers beside each other. Where only its name or its line is another, a layer is the same."""
    change: Change = "follows"
    if settings or before.type != after.type:
        change = "changed"
    elif replace(before, name=after.name, line=after.line) == after:
        change = "same"
    return LayerPair(change, before, after, "", settings)


def _cost(before: Placed, after: Placed) -> float:
    """How unlike two layers are."""
    if before.layer.word != after.layer.word:
        return _OTHER_TYPE if isinstance(before.layer, Loss) == isinstance(after.layer, Loss) else _NEVER
    changed = len(_settings(before, after))
    return min(_SETTING * (changed + 1), _MOST_SETTINGS) if changed else 0.0


def _settings(before: Placed, after: Placed) -> tuple[Difference, ...]:
    """The settings in which two layers of one type differ."""
    if before.layer.word != after.layer.word:
        return ()
    written = [plain(placed.layer) for placed in (before, after)]
    own = [each[before.layer.word] if isinstance(each, Mapping) else {} for each in written]
    return tuple(differences("", *own))


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
