"""Passes: Graph → Graph, applied in the order of one tuple.

Common subexpressions need no pass, since nodes are hash-consed; neither do dead nodes, since a graph is what its outputs and
updates need: what a pass leaves unused is gone.
"""

from __future__ import annotations

from collections.abc import Callable

from netcli.graph import Graph
from netcli.passes.constant_folding import fold_constants
from netcli.passes.simplification import simplify

Pass = Callable[[Graph], Graph]

#: Folding comes first: it turns sizes and settings into numbers, which simplification then recognises.
PASSES: tuple[Pass, ...] = (fold_constants, simplify)


def optimize(graph: Graph) -> Graph:
    """Apply every pass."""
    for apply in PASSES:
        graph = apply(graph)
    return graph
