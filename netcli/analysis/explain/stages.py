"""The way from the loss to a number as rows: those of the mirrored picture that lie on it, and one chain of single elements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from netcli.analysis.explain.records import Stage, Step
from netcli.analysis.inspect.costs import layer_rows
from netcli.analysis.inspect.mirror import Entry, mirror
from netcli.analysis.inspect.roles import GRADIENT
from netcli.autodiff.flow import Factor, Flow, strongest_chain
from netcli.autodiff.gradcheck import Evaluate
from netcli.autodiff.zero_causes import is_zero, moving
from netcli.graph import Array, Graph, Node, Variable, op_of
from netcli.layers.stack import Model
from netcli.training.session import Session


def yaml_lines(session: Session) -> dict[str, str]:
    """The line of YAML on which each layer begins, by the layer's name."""
    places = {placed.name: session.place_of(placed.name) for placed in session.layers}
    return {name: place.text.strip() for name, place in places.items() if place is not None and place.text is not None}


def stages_of(model: Model, found: Flow, lines: Mapping[str, str]) -> tuple[Stage, ...]:
    """The rows on the way, the last computed first; `lines` are those of the layers in the YAML."""
    network = model.training
    outputs = {"loss": network.loss, "objective": network.objective}
    if network.objective is network.loss:
        del outputs["objective"]
    graph = Graph({**outputs, GRADIENT + op_of(found.x, Variable).label: found.gradient})
    sections = mirror(graph, layer_rows(model, graph)).sections
    moved = moving(found)
    rows = [(section.layer.name, section.layer.line, entry) for section in sections for entry in section.entries]
    return tuple(
        _stage(name, line, lines.get(name, ""), entry, on_way[-1], found, moves=on_way[-1] in moved)
        for name, line, entry in reversed(rows)
        if (on_way := [node for node in entry.nodes if node in found.tangents])
    )


def _stage(layer: str, line: int | None, yaml: str, entry: Entry, node: Node, found: Flow, *, moves: bool) -> Stage:
    """A row; `node` is its last value. Where it moves by rounding alone, it rests."""
    tangent = found.tangents[node] if moves else np.zeros_like(found.tangents[node])
    return Stage(
        layer=layer,
        line=line,
        yaml=yaml,
        computes=entry.text,
        derivative="; ".join(result.formula for result in entry.results),
        shape=node.shape,
        varying=node.type.varying,
        elements=tangent.size,
        moved=int(np.count_nonzero(tangent)),
        gradient=_size(found.cotangents[node]),
        tangent=_size(tangent),
        through=found.through(node) if moves and not is_zero(found) else 0.0,
    )


def _size(value: Array) -> float:
    """The number itself of a scalar, else the Euclidean norm."""
    return float(value) if value.ndim == 0 else float(np.sqrt(np.sum(np.square(value))))


def chain_of(found: Flow, evaluate: Evaluate) -> tuple[Step, ...]:
    """The strongest chain of single elements, without the steps that only change a value's form: their factor is 1."""
    chain = strongest_chain(found, evaluate)
    names = Graph({"end": found.y}).names
    return tuple(_step(factor, names[factor.node]) for factor in _without_plumbing(chain))


def _without_plumbing(chain: Iterable[Factor]) -> list[Factor]:
    return [factor for factor in chain if not factor.node.op.plumbing]


def _step(factor: Factor, name: str) -> Step:
    node, place = factor.node, factor.place
    example = place[0] if node.type.varying else None
    return Step(name, node.origin.line, example, place[1:] if node.type.varying else place, factor.value, factor.factor)
