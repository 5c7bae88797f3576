"""What float32 may make of a graph: its values in float64, and how far rounding may move each of them.

The graph is evaluated in float64, and then again several times with the result of every operation moved at random by as much as
float32 rounds it (stochastic arithmetic: Vignes, "A stochastic arithmetic for reliable scientific computation", 1993). How far
that moves a value tells how far an executor may be off.

One rounding moves a result by at most u = 2⁻²⁴ of its size. A sum s of m terms t rounds each of its partial sums: they grow to
s, and wander as far from the straight way there as √Σt² (Higham and Mary, "A new approach to probabilistic rounding error
analysis", 2019, and "Sharper probabilistic backward error analysis", 2020). So the result of m operations is moved by up to
√m · u · √(s² + Σt²), up or down; that of one operation by up to u of its size. Each element goes its own way, and all of them
together by up to u of their size as well, since roundings of like numbers are alike.

Where a value only chooses among others (which side of zero, which maximum), the moved evaluations choose as the exact one does:
the bound is that of one smooth piece, and what lies beyond it is an error or a kink, never rounding.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from netcli.graph import Array, Known, Node, TensorType, constant, topological

#: Half the distance from 1 to the next float32: a rounding, as a share of what is rounded.
UNIT = 2.0**-24
#: Moved evaluations.
_MOVED = 8
#: Standard deviations that an error may have: of Student's t with `_MOVED` + 1 degrees of freedom, 10⁻⁹ lies beyond.
_DEVIATIONS = 25.7
#: Below the smallest normal number float32 loses digits, and code may take numbers there for 0.
_TINY = 2.0**-126


class Reference:
    """Nodes of a float32 graph in float64, at given values of the leaves (placeholders and variables)."""

    def __init__(self, nodes: Sequence[Node], leaves: Mapping[Node, Array]) -> None:
        self.nodes = tuple(nodes)
        self._order = topological(nodes)
        self._wide = widened(nodes)
        self._leaves = {node: _wide_array(leaves[node]) for node in self._order if node in leaves}

    @cached_property
    def _exact(self) -> dict[Node, Array]:
        return self._evaluate({})

    def values(self, nodes: Sequence[Node] | None = None, given: Mapping[Node, Array] | None = None) -> list[Array]:
        """The values of nodes, by default of those it was made for; `given` are values of others, which are not computed."""
        found = self._evaluate(given) if given else self._exact
        return [found[node] for node in (self.nodes if nodes is None else nodes)]

    @cached_property
    def bounds(self) -> list[Array]:
        """How far float32 may be from each element of `values()`; 0 for integers and booleans.

        An element's deviation is that of its moved values, moderated by that of its whole node, which counts as one more moved
        evaluation (Smyth, "Linear models and empirical Bayes methods", 2004): so few evaluations are enough.
        """
        steps = {node: self._step(node) for node in self._order}
        squares = {node: np.zeros(self._exact[node].shape) for node in self.nodes if node.type.is_float}
        for number in range(_MOVED):
            moved = self._evaluate({}, steps, np.random.default_rng(number))
            with np.errstate(all="ignore"):
                for node in squares:
                    squares[node] += np.square(moved[node] - self._exact[node])
        return [self._bound(node, squares.get(node)) for node in self.nodes]

    def _bound(self, node: Node, squares: Array | None) -> Array:
        if squares is None:
            return np.zeros(self._exact[node].shape)
        with np.errstate(all="ignore"):
            deviation = np.sqrt((squares + squares.mean() / _MOVED) / (_MOVED + 1)) if squares.size else squares
            return np.asarray(_DEVIATIONS * deviation + UNIT * np.abs(self._exact[node]) + _TINY)

    def _evaluate(
        self,
        given: Mapping[Node, Array],
        steps: Mapping[Node, Array] | None = None,
        generator: np.random.Generator | None = None,
    ) -> dict[Node, Array]:
        """The value of every node; moved by up to `steps`."""
        values = {**self._leaves, **{node: _wide_array(value) for node, value in given.items()}}
        with np.errstate(all="ignore"):
            for node in self._order:
                if node in values:
                    continue
                if generator is None or steps is None:
                    values[node] = self._forward(node, [values[x] for x in node.inputs])
                elif not node.type.is_float or _is_choice(node):
                    values[node] = self._exact[node]
                else:
                    choosers = node.op.choosers
                    inputs = [(self._exact if place in choosers else values)[x] for place, x in enumerate(node.inputs)]
                    value = self._forward(node, inputs)
                    values[node] = value + steps[node] * generator.uniform(-1, 1, value.shape)
                    if steps[node].any():
                        values[node] += UNIT * generator.uniform(-1, 1) * value
        return values

    def _forward(self, node: Node, inputs: Sequence[Array]) -> Array:
        return np.asarray(self._wide[node].op.forward(np, *inputs))

    def _step(self, node: Node) -> Array:
        """How far the roundings of an operation itself may move its result."""
        operations = self._operations(node)
        if not operations or not node.type.is_float:
            return np.zeros(())
        with np.errstate(all="ignore"):
            return np.asarray(UNIT * np.sqrt(operations) * self._size(node))

    def _operations(self, node: Node) -> float:
        """For each element of the result; 0 for what only moves values."""
        if not node.type.size:
            return 0.0
        count = node.op.flops(node.type, *(x.type for x in node.inputs)) / node.type.size
        varying = [x for x in node.inputs if x.type.varying]
        if varying and not node.type.varying:
            count *= len(self._exact[varying[0]])
        return max(count, 1.0) if count else 0.0

    def _size(self, node: Node) -> Array:
        """The size of what is rounded on the way to each element."""
        return self._wide[node].op.rounded(self._exact[node], *(self._exact[x] for x in node.inputs))


def _is_choice(node: Node) -> bool:
    """Whether the inputs only choose among results that are never rounded, such as 0 and 1."""
    return bool(node.inputs) and all(place in node.op.choosers for place in range(len(node.inputs)))


def widened(nodes: Sequence[Node]) -> dict[Node, Node]:
    """The same in float64, of every float32 node that the nodes need; constants keep the values that float32 gives them."""
    made: dict[Node, Node] = {}
    for node in topological(nodes):
        made[node] = _wide_node(node, [made[x] for x in node.inputs])
    return made


def _wide_node(node: Node, inputs: Sequence[Node]) -> Node:
    op = node.op
    if isinstance(op, Known):
        return constant(op.value, "float64") if op.type.dtype == "float32" else node
    changes: dict[str, object] = {}
    if getattr(op, "dtype", None) == "float32":
        changes["dtype"] = "float64"
    type_ = getattr(op, "type", None)
    if isinstance(type_, TensorType) and type_.dtype == "float32":
        changes["type"] = dataclasses.replace(type_, dtype="float64")
    return Node(dataclasses.replace(op, **changes) if changes else op, inputs)  # type: ignore[type-var]


def _wide_array(array: Array) -> Array:
    return array.astype("float64") if array.dtype == "float32" else array
