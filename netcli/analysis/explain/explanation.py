"""The derivative of what is minimised with respect to one number, taken apart: what `netcli explain` shows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from netcli.analysis.explain.records import Cause, Derivative, Explanation, Kink
from netcli.analysis.explain.scalar import scalar_of, written
from netcli.analysis.explain.stages import chain_of, stages_of, yaml_lines
from netcli.analysis.gradcheck.model import computed_by
from netcli.analysis.values import first_batch
from netcli.autodiff import describe, gradients
from netcli.autodiff.flow import Flow, flow
from netcli.autodiff.gradcheck.examine import element_direction, examine
from netcli.autodiff.gradcheck.function import Function
from netcli.autodiff.gradcheck.rows import kinks_text
from netcli.autodiff.gradcheck.tolerance import DUALITY, DUALITY_FLOOR, STEPS
from netcli.autodiff.paths import why_no_path
from netcli.autodiff.zero_causes import is_zero, zero_causes
from netcli.errors import NoPathError
from netcli.executors import Feeds, State
from netcli.executors.numpy import leaf_values, values_of
from netcli.graph import Array, Graph, Node, Variable, op_of
from netcli.layers.stack import Model
from netcli.runs.signature import Statistics
from netcli.training.session import build
from netcli.training.snapshot import Snapshot


@dataclass(frozen=True, eq=False)
class _Point:
    """The network in float64, and the values of its leaves: the state and the batch."""

    model: Model
    state: State
    feeds: Feeds

    @property
    def objective(self) -> Node:
        """What is differentiated."""
        return self.model.training.objective

    @property
    def leaves(self) -> dict[Node, Array]:
        """The values of the leaves of the objective."""
        return _leaves(Graph({"objective": self.objective}), self.state, self.feeds)


def explain(snapshot: Snapshot, text: str, examples: int | None = None) -> Explanation:
    """Take the derivative with respect to the number that `text` names apart, on the first batch of training or a part of it.

    In float64, from the float32 values of the variables; the session's executor computes it in float32 beside that. Random
    operations are those of the state's step. Raises UsageError for a text that names no element.
    """
    element = scalar_of(text, snapshot.session.model)
    point = _point(snapshot, first_batch(snapshot.session, examples))
    x = point.model.variables[op_of(element.parameter, Variable).label]
    try:
        index = _largest(point, x) if element.index is None else element.index
        found = flow(point.objective, x, index, point.leaves, values_of)
    except NoPathError:
        index = element.index or (0,) * len(x.shape)
        why = Cause(describe(x), why_no_path(x, [point.objective]))
        return _head(snapshot, point, x, index, chosen=element.index is None, causes=(why,))
    head = _head(snapshot, point, x, index, chosen=element.index is None, causes=_causes(found))
    derivatives, kink = _derivatives(snapshot, point, found)
    lines = yaml_lines(snapshot.session)
    return replace(
        head,
        derivatives=derivatives,
        kink=kink,
        is_zero=is_zero(found),
        stages=stages_of(point.model, found, lines),
        chain=() if is_zero(found) else chain_of(found, values_of),
    )


def _point(snapshot: Snapshot, feeds: Feeds) -> _Point:
    """The model once more in float64, at the state and the batch."""
    data = snapshot.session.data
    statistics = Statistics(data.scale, data.mean, data.deviation)
    model = build(snapshot.session.loaded, snapshot.session.signature, statistics, "float64")
    wide = {name: _wide(value) for name, value in snapshot.state.values.items()}
    return _Point(model, State(wide), feeds)


def _wide(value: Array) -> Array:
    return value.astype("float64") if value.dtype == "float32" else value


def _leaves(graph: Graph, state: State, feeds: Feeds) -> dict[Node, Array]:
    typed = {label: feeds[label].astype(node.type.dtype) for label, node in graph.placeholders.items()}
    return leaf_values(graph, state, typed)


def _largest(point: _Point, x: Node) -> tuple[int, ...]:
    """The index of the element with the largest derivative. Raises NoPathError."""
    (value,) = values_of(gradients([point.objective], [x]), point.leaves)
    return tuple(int(i) for i in np.unravel_index(int(np.abs(value).argmax()), value.shape))


def _causes(found: Flow) -> tuple[Cause, ...]:
    """Where the ways from the number end, if its derivative is zero."""
    return tuple(Cause(describe(cause.node), cause.reason) for cause in zero_causes(found)) if is_zero(found) else ()


def _head(
    snapshot: Snapshot, point: _Point, x: Node, index: tuple[int, ...], *, chosen: bool, causes: tuple[Cause, ...]
) -> Explanation:
    """What the derivative is of, and no derivative yet."""
    label, network = op_of(x, Variable).label, point.model.training
    (end_value,) = values_of([point.objective], point.leaves)
    return Explanation(
        number=written(label, index),
        chosen=chosen,
        value=float(point.state.values[label][index]),
        weights=snapshot.weights,
        examples=len(point.feeds["input"]),
        layer=x.origin.layer,
        line=x.origin.line,
        yaml=yaml_lines(snapshot.session).get(x.origin.layer, ""),
        end="loss" if network.objective is network.loss else "objective",
        end_value=float(end_value),
        causes=causes,
    )


def _derivatives(snapshot: Snapshot, point: _Point, found: Flow) -> tuple[tuple[Derivative, ...], Kink | None]:
    """The derivative by each method, and the kink on which it was taken, if there is one."""
    difference, kink = _difference(found)
    right = found.reverse
    size = max(1.0, abs(float(found.values[found.y])))
    dual = abs(found.forward - right) <= DUALITY * found.terms + DUALITY_FLOOR * size
    float32 = _in_float32(snapshot, point.feeds, found)
    rows = (
        Derivative("reverse", "numpy float64", right, 0.0, None),
        Derivative("forward", "numpy float64", found.forward, abs(found.forward - right), "pass" if dual else "fail"),
        difference,
        Derivative("executor", f"{snapshot.session.executor.name} float32", float32, abs(float32 - right), None),
    )
    return rows, kink


def _difference(found: Flow) -> tuple[Derivative, Kink | None]:
    """The central difference of the element; on a kink, with the derivatives on its two sides."""
    value = found.values[found.x]
    function = Function(found.x, [(found.y, np.ones(()))], found.gradient, found.values, values_of)
    direction = element_direction(value, int(np.ravel_multi_index(found.index, value.shape)) if found.index else 0)
    scale = float(direction[found.index])
    with np.errstate(all="ignore"):  # what is not finite fails, and says so
        outcome = examine(function, direction)
        # on a kink the outcome's slopes are those of its sides, a step away
        slopes = function.slopes(direction, STEPS[-1]) if outcome.verdict == "kink" else outcome.slopes
    central = slopes.expected / scale
    error = abs(central - found.reverse)
    row = Derivative("difference", f"h = {slopes.step * scale:.2g}", central, error, outcome.verdict)
    if outcome.verdict != "kink":
        return row, None
    return row, Kink(kinks_text([outcome.changes]), slopes.left / scale, slopes.right / scale)


def _in_float32(snapshot: Snapshot, feeds: Feeds, found: Flow) -> float:
    """What the session's executor makes of it, from the graph that training optimizes and compiles."""
    model = snapshot.session.model
    wanted = gradients([model.training.objective], [model.variables[op_of(found.x, Variable).label]])
    (value,) = computed_by(snapshot.session.executor)(wanted, _leaves(Graph({"gradient": wanted[0]}), snapshot.state, feeds))
    return float(value[found.index])
