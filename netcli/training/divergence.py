"""Where the first value that is not finite came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcli.autodiff import describe
from netcli.executors import Feeds, State
from netcli.executors.numpy import evaluate, leaf_values
from netcli.graph import Array, Graph, Node


@dataclass(frozen=True)
class NonFinite:
    """The first node, in graph order, with values that are not finite; how many of them, and what went into it."""

    node: Node
    name: str
    bad: int
    size: int
    inputs: str

    def __str__(self) -> str:
        phase = {"forward": "", "backward": " in the backward graph", "update": " in the update"}[self.node.origin.phase]
        text = f"{self.name}, {describe(self.node)}{phase}: {self.bad:,} of {self.size:,} values are NaN or infinite"
        return f"{text}; {self.inputs}" if self.inputs else text


def first_non_finite(graph: Graph, state: State, feeds: Feeds) -> NonFinite | None:
    """Run one step again, node by node, and stop at the first value that is not finite; None if there is none.

    The reference executor looks: another executor may order or fuse operations otherwise and overflow elsewhere.
    """
    values: dict[Node, Array] = {}
    for node, value in evaluate(graph.nodes, leaf_values(graph, state, feeds), values):
        values[node] = value
        bad = np.asarray(~np.isfinite(value)) if node.type.is_float else np.zeros(1)
        if bad.any():
            inputs = "; ".join(f"{graph.names[x]} ranges from {_extent(values[x])}" for x in node.inputs)
            return NonFinite(node, graph.names[node], int(bad.sum()), value.size, inputs)
    return None


def _extent(value: Array) -> str:
    return f"{value.min():.4g} to {value.max():.4g}"
