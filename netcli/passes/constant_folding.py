"""Compute what is known."""

from __future__ import annotations

import numpy as np

from netcli.graph import Constant, Graph, Leaf, Node, constant
from netcli.passes.rewriting import rewrite

#: A folded value may have this many elements: folding must not make a program large.
LARGEST = 4096


def fold_constants(graph: Graph) -> Graph:
    """Replace every operation on constants alone by its value."""

    def fold(node: Node, inputs: tuple[Node, ...]) -> Node:
        values = [x.op.value for x in inputs if isinstance(x.op, Constant)]
        if isinstance(node.op, Leaf) or len(values) < len(inputs) or node.type.size > LARGEST or node.type.varying:
            return Node(node.op, inputs)
        with np.errstate(all="ignore"):  # 1 / 0 is infinite, as when it is run
            return constant(np.asarray(node.op.forward(np, *values)), node.type.dtype)

    return rewrite(graph, fold)
