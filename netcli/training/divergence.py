"""Where values that are not finite came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from netcli.autodiff import describe
from netcli.executors import Feeds, State
from netcli.executors.numpy import evaluate, leaf_values
from netcli.graph import Array, Graph, Node


@dataclass(frozen=True)
class NonFinite:
    """The node that values that are not finite come from; how many of its values are, and what went into it."""

    node: Node
    name: str
    bad: int
    size: int
    inputs: str

    @property
    def layer(self) -> str:
        """The layer of the node, or, for what is of no layer, such as the norm of all gradients, of what it is made of."""
        node = self.node
        while not node.origin.layer and node.inputs:
            node = node.inputs[0]
        return node.origin.layer

    def __str__(self) -> str:
        phase = {"forward": "", "backward": " in the backward graph", "update": " in the update"}[self.node.origin.phase]
        text = f"{self.name}, {describe(self.node)}{phase}: {self.bad:,} of {self.size:,} values are NaN or infinite"
        return f"{text}; {self.inputs}" if self.inputs else text


def first_non_finite(graph: Graph, state: State, feeds: Feeds, guards: Iterable[str]) -> NonFinite | None:
    """Run one step again, node by node: the first node, in graph order, that made one of the guards not finite, or None.

    Every node from it to the guard is not finite; an infinity that a select leaves aside, or that only a metric reads, is
    not to blame. The reference executor looks: another one may order or fuse operations otherwise and overflow elsewhere.
    """
    values: dict[Node, Array] = {}
    for node, value in evaluate(graph.nodes, leaf_values(graph, state, feeds), values):
        values[node] = value  # noqa: PERF403 - the next value may need it
    bad = {node for node in graph.nodes if node.type.is_float and not np.isfinite(values[node]).all()}
    blamed = bad.intersection(graph.outputs[name] for name in guards)
    for node in reversed(graph.nodes):
        if node in blamed:
            blamed.update(bad.intersection(node.inputs))
    first = next((node for node in graph.nodes if node in blamed), None)
    if first is None:
        return None
    inputs = "; ".join(f"{graph.names[x]} ranges from {_extent(values[x])}" for x in first.inputs)
    return NonFinite(first, graph.names[first], int((~np.isfinite(values[first])).sum()), values[first].size, inputs)


def _extent(value: Array) -> str:
    return f"{value.min():.4g} to {value.max():.4g}"
