"""Algebra that changes no result: identities whose value is the same for every input, infinities, NaN and -0 among them."""

from __future__ import annotations

import numpy as np

from netcli.graph import Constant, Graph, Node
from netcli.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from netcli.ops.shape import Reshape
from netcli.passes.rewriting import rewrite


def simplify(graph: Graph) -> Graph:
    """Remove x · 1, x / 1, x - 0, x + (-0), --x, and reshapes of reshapes.

    Not x · 0, which is NaN where x is infinite, nor x + 0, which makes 0 of -0.
    """
    return rewrite(graph, _simpler)


def _simpler(node: Node, inputs: tuple[Node, ...]) -> Node:
    new = Node(node.op, inputs)
    match node.op, inputs:
        case Multiply(), (one, x) if _is(one, 1.0) and x.type == new.type:
            return x
        case Multiply() | Divide(), (x, one) if _is(one, 1.0) and x.type == new.type:
            return x
        case Add(), (zero, x) if _is(zero, -0.0) and x.type == new.type:
            return x
        case Add(), (x, zero) if _is(zero, -0.0) and x.type == new.type:
            return x
        case Subtract(), (x, zero) if _is(zero, 0.0) and x.type == new.type:
            return x
        case Negate(), (x,) if isinstance(x.op, Negate):
            return x.inputs[0]
        case Reshape(), (x,) if isinstance(x.op, Reshape):
            source = x.inputs[0]
            return source if source.type == new.type else Node(Reshape(x.op.before, node.op.after), (source,))
    return new


def _is(node: Node, number: float) -> bool:
    """Whether a node is this number, and of its sign, everywhere."""
    if not isinstance(node.op, Constant):
        return False
    value = node.op.value
    return bool((value == number).all() and (np.signbit(value) == np.signbit(number)).all())
