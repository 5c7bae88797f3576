"""What flows between one number and a result: the two modes of differentiation met at every node on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netcli.autodiff.forward import jvp
from netcli.autodiff.gradcheck.function import Evaluate
from netcli.autodiff.match import match
from netcli.autodiff.paths import rules_of
from netcli.autodiff.reverse import gradients
from netcli.graph import Array, Node, derivative_of, placeholder, read_by, topological
from netcli.ops import total


@dataclass(frozen=True, eq=False)
class Flow:
    """The nodes on the way from an element of `x` to the scalar `y`, inputs before users, with what flows through each.

    `values` are those of every node, of the gradients too. For a node on the way, `cotangents` is ∂y/∂node (reverse mode) and
    `tangents` is ∂node/∂element (forward mode), both of the shape of its value.
    """

    x: Node
    index: tuple[int, ...]
    y: Node
    nodes: tuple[Node, ...]
    gradient: Node
    values: Mapping[Node, Array]
    cotangents: Mapping[Node, Array]
    tangents: Mapping[Node, Array]

    @property
    def reverse(self) -> float:
        """The derivative by reverse mode."""
        return float(self.cotangents[self.x][self.index])

    @property
    def forward(self) -> float:
        """The derivative by forward mode."""
        return float(self.tangents[self.y])

    def through(self, node: Node) -> float:
        """The part of the derivative that comes through a node: all of it where every way leads through the node.

        Σ ∂y/∂e · ∂e/∂element over the elements e of the node: the chain rule, cut at this node.
        """
        return float(np.sum(self.cotangents[node] * self.tangents[node]))

    @property
    def terms(self) -> float:
        """The largest sum of absolute terms that the derivative is added up from, at any node: what rounding is a share of."""
        return max(float(np.sum(np.abs(self.cotangents[node] * self.tangents[node]))) for node in self.nodes)


@dataclass(frozen=True)
class Factor:
    """A step of a chain of single numbers: the element of `node` at `place`, its value, and the derivative of it with respect
    to the element of the next step; the last step, the number itself, has none.

    `place` is an index of the node's array: of a varying node, the example comes first.
    """

    node: Node
    place: tuple[int, ...]
    value: float
    factor: float | None


def flow(y: Node, x: Node, index: tuple[int, ...], leaves: Mapping[Node, Array], evaluate: Evaluate) -> Flow:
    """Evaluate both modes between an element of x and the uniform scalar y, at the values of the leaves.

    Raises NoPathError and MissingRuleError, as `gradients` does.
    """
    (gradient,) = gradients([y], [x])
    nodes = _between(x, y)
    reverse = gradients([y], nodes, unconnected="zero")
    every = topological([y, *reverse])
    values = dict(zip(every, evaluate(every, leaves), strict=True))
    moving = placeholder("tangent", x.type)
    direction = np.zeros(values[x].shape)
    direction[index] = 1.0
    forward = evaluate(jvp(nodes, [x], [moving]), {**values, moving: direction})
    cotangents = {node: values[g] for node, g in zip(nodes, reverse, strict=True)}
    return Flow(x, index, y, nodes, gradient, values, cotangents, dict(zip(nodes, forward, strict=True)))


def _between(x: Node, y: Node) -> tuple[Node, ...]:
    """x, and the nodes of floats that depend on it and that y is computed from, inputs before users."""
    found: dict[Node, None] = {x: None}  # a set in graph order
    for node in topological([y]):
        if node.type.is_float and not found.keys().isdisjoint(read_by(node)):
            found[node] = None
    return tuple(found)


def strongest_chain(found: Flow, evaluate: Evaluate) -> list[Factor]:
    """One chain of single numbers, from y to the element: at each step on to the operand's element that adds most.

    Of all the chains, whose products add up to the derivative, this is one; where the terms have one sign it is among the
    largest. Empty where a step finds no element that adds anything: the derivative is zero there.
    """
    chain: list[Factor] = []
    node, place = found.y, tuple[int, ...]()
    while node is not found.x:
        local = _local(found, node, place, evaluate)
        terms = {u: np.abs(derivative * found.tangents[u]) for u, derivative in local.items()}
        best = max(terms, key=lambda u: float(terms[u].max(initial=0.0)), default=None)
        if best is None or not terms[best].max(initial=0.0) > 0:
            return []
        there = tuple(int(i) for i in np.unravel_index(int(terms[best].argmax()), terms[best].shape))
        chain.append(Factor(node, place, float(found.values[node][place]), float(local[best][there])))
        node, place = best, there
    return [*chain, Factor(node, place, float(found.values[node][place]), None)]


def _local(found: Flow, node: Node, place: tuple[int, ...], evaluate: Evaluate) -> dict[Node, Array]:
    """The derivatives of one element of a node with respect to those of its operands on the way."""
    g = placeholder("cotangent", node.type)
    wanted: dict[Node, list[Node]] = {}
    with derivative_of(node):
        for u, du in zip(node.inputs, rules_of(node).vjp(node, g), strict=True):
            if u in found.tangents and du is not None:
                wanted.setdefault(u, []).append(match(du, u))
        nodes = {u: total(*parts) for u, parts in wanted.items()}
    one = np.zeros(found.values[node].shape)
    one[place] = 1.0
    arrays = evaluate([du for du in nodes.values() if du is not None], {**found.values, g: one})
    return dict(zip(nodes, arrays, strict=True))
