"""What a network costs, layer by layer, and its graphs as a person looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netcli.analysis.inspect.records import LayerRow
from netcli.analysis.inspect.roles import is_computed, kept_values
from netcli.graph import Graph, Node, Phase
from netcli.layers.stack import Model


@dataclass(frozen=True)
class Cost:
    """Floating-point operations of one phase: for each example, and once a step whatever the batch."""

    per_example: int
    per_step: int


def layer_rows(model: Model, step: Graph) -> tuple[LayerRow, ...]:
    """The layers in their order, outer ones before those in them, behind a row for the input, where the data are standardised.

    FLOPs are those of one example: of nodes that are varying or read a varying value. What is done once a step whatever the
    batch (penalties, statistics, all of the update) is not in them; see `cost`. The loss's row holds the metrics. Bytes of
    activations: see `activation_bytes`.
    """
    costs = {phase: _flops(step, phase) for phase in ("forward", "backward")}
    kept = activation_bytes(step)
    rows = [
        LayerRow("input", "input", None, model.input.shape, 0, costs["forward"].get("input", 0), 0, kept.get("input", 0)),
    ]
    for placed, node in model.training.layers:
        name = placed.name
        parameters = sum(w.type.size for w in model.parameters if w.origin.layer == name)
        numbers = (costs["forward"].get(name, 0), costs["backward"].get(name, 0), kept.get(name, 0))
        nesting = (placed.depth, bool(placed.layer.stacks))
        rows.append(LayerRow(name, placed.layer.word, placed.line, node.shape, parameters, *numbers, *nesting))
    return tuple(rows)


def cost(graph: Graph, phase: Phase) -> Cost:
    """The floating-point operations of all nodes of a phase."""
    nodes = [node for node in graph.nodes if node.origin.phase == phase]
    varying = sum(map(_node_flops, filter(_is_per_example, nodes)))
    return Cost(varying, sum(map(_node_flops, nodes)) - varying)


def activation_bytes(graph: Graph) -> Mapping[str, int]:
    """Bytes per example of the forward values that the backward graph reads, by the layer that computes them.

    Each value counts once, whoever reads it; a reshaped value is the value it was made of. Uniform values (weights,
    statistics of a batch) take the same room for any batch and are not counted.
    """
    stored = dict.fromkeys(_stored(node) for node in kept_values(graph))
    total: dict[str, int] = {}
    for node in stored:
        if node.type.varying:
            total[node.origin.layer] = total.get(node.origin.layer, 0) + node.type.bytes
    return total


def _stored(node: Node) -> Node:
    """The value that lies in memory: what has the same elements, of one dtype, only looks at it."""
    while node.op.plumbing == "same" and node.inputs[0].type.dtype == node.type.dtype:
        (node,) = node.inputs
    return node


def _flops(graph: Graph, phase: Phase) -> dict[str, int]:
    """FLOPs of one example, by layer."""
    total: dict[str, int] = {}
    for node in graph.nodes:
        if node.origin.phase == phase and _is_per_example(node):
            total[node.origin.layer] = total.get(node.origin.layer, 0) + _node_flops(node)
    return total


def flops(node: Node, examples: int) -> int:
    """The floating-point operations of a node, for a batch of so many examples."""
    return _node_flops(node) * (examples if _is_per_example(node) else 1)


def _is_per_example(node: Node) -> bool:
    """Whether the work grows with the batch: also a sum over it is work for every example."""
    return is_computed(node) and (node.type.varying or any(x.type.varying for x in node.inputs))


def _node_flops(node: Node) -> int:
    return node.op.flops(node.type, *(x.type for x in node.inputs))
