"""What is differentiated, as a function of one leaf; its slopes along a direction, by differences and by the gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from netcli.autodiff.gradcheck.tolerance import RELATIVE, rounding
from netcli.graph import Array, Node, Piecewise, topological

#: `evaluate(nodes, given)` computes the values of nodes from given ones: those of the leaves, and of any other nodes, which it
#: takes as they are given. So what does not change from call to call is computed once.
Evaluate = Callable[[Sequence[Node], Mapping[Node, Array]], list[Array]]

#: Values of some nodes.
Values = Mapping[Node, Array]


@dataclass(frozen=True)
class Slopes:
    """The derivative along a direction: `expected` from a central difference with `step`, `found` from the gradient."""

    step: float
    expected: float
    found: float
    left: float
    right: float
    noise: float  # bound of the rounding error of `expected`

    @property
    def error(self) -> float:
        """The absolute difference; infinite if one of the two is not finite."""
        return distance(self.expected, self.found)

    @property
    def tolerance(self) -> float:
        """What truncation and rounding explain of the error."""
        return RELATIVE * max(abs(self.expected), abs(self.found)) + self.noise

    @property
    def relative_error(self) -> float:
        """The error relative to the derivative, or to the size from which a millionth of it stands out from the noise."""
        return relative(self.error, max(abs(self.expected), abs(self.found), self.noise / RELATIVE))

    @property
    def agree(self) -> bool:
        """Whether the two are the same but for truncation and rounding."""
        return self.error < math.inf and self.error <= self.tolerance

    @property
    def between(self) -> bool:
        """Whether the gradient lies between the left and the right derivative, as it may at a kink."""
        slack = RELATIVE * max(abs(self.left), abs(self.right)) + 2 * self.noise
        return min(self.left, self.right) - slack <= self.found <= max(self.left, self.right) + slack


@dataclass(frozen=True, eq=False)
class Function:
    """F(x) = Σ ⟨weight, output⟩, everything but the leaf x being held fixed; `gradient` is the node of its derivative.

    `values` are those of every node at the point of the check, the gradient's among them.
    """

    x: Node
    outputs: Sequence[tuple[Node, Array]]
    gradient: Node
    values: Values
    evaluate: Evaluate

    @cached_property
    def piecewise(self) -> tuple[Node, ...]:
        """The nodes that may have a kink somewhere as x moves."""
        return tuple(node for node in _users(self.x, self._nodes) if isinstance(node.op, Piecewise))

    @cached_property
    def _nodes(self) -> tuple[Node, ...]:
        return tuple(output for output, _ in self.outputs)

    @cached_property
    def _moving(self) -> tuple[Node, ...]:
        """The nodes that depend on x, those of the gradient among them."""
        return _users(self.x, (*self._nodes, self.gradient))

    @cached_property
    def _fixed(self) -> Values:
        moving = {self.x, *self._moving}
        return {node: value for node, value in self.values.items() if node not in moving}

    @cached_property
    def _noise(self) -> float:
        """The size of the terms that F adds up."""
        return float(np.sqrt(sum(np.sum((weight * self.values[output]) ** 2) for output, weight in self.outputs)))

    def moving(self, roots: Sequence[Node]) -> tuple[Node, ...]:
        """The nodes that depend on x, on the way to roots."""
        return _users(self.x, roots)

    def at(self, x: Array, nodes: Sequence[Node]) -> list[Array]:
        """The values of nodes at another x."""
        return self.evaluate(nodes, {**self._fixed, self.x: x})

    def moved(self, direction: Array, length: float) -> Function:
        """The same function at a point that lies `length` along a direction."""
        x = self.values[self.x] + length * direction
        moving = dict(zip(self._moving, self.at(x, self._moving), strict=True))
        return replace(self, values={**self._fixed, self.x: x, **moving})

    def slopes(self, direction: Array, step: float) -> Slopes:
        """Derivatives along a direction. Differences are taken of each element before they are added: less cancels."""
        x = self.values[self.x]
        above, below = x + step * direction, x - step * direction
        left = right = central = 0.0
        moved = zip(self.outputs, self.at(above, self._nodes), self.at(below, self._nodes), strict=True)
        for (node, weight), up, down in moved:
            here = self.values[node]
            central += float(np.sum(weight * (up - down)))
            left += float(np.sum(weight * (here - down)))
            right += float(np.sum(weight * (up - here)))
        # the way that x really went, after rounding
        found = float(np.sum(self.values[self.gradient] * (above - below)))
        noise = rounding(self._noise, step)
        return Slopes(step, central / (2 * step), found / (2 * step), left / step, right / step, noise)

    def changes(self, direction: Array, step: float) -> dict[Node, int]:
        """The piecewise nodes of which some elements are on different pieces at x - h, x and x + h, and how many are."""
        x = self.values[self.x]
        inputs = [argument for node in self.piecewise for argument in node.inputs]
        changed = {}
        above, below = (dict(zip(inputs, self.at(x + sign * step * direction, inputs), strict=True)) for sign in (1, -1))
        for node in self.piecewise:
            here, up, down = (branches_of(node, values) for values in (self.values, above, below))
            if count := int(np.count_nonzero((here != up) | (here != down))):
                changed[node] = count
        return changed


def distance(x: float, y: float) -> float:
    """|x - y|; infinite if one of the two is not finite: a derivative that is not a number is never right."""
    return abs(x - y) if math.isfinite(x) and math.isfinite(y) else math.inf


def relative(error: float, size: float) -> float:
    """The error as a share of the size; infinite for an infinite error."""
    return error / size if 0 < error < math.inf else error


def _users(x: Node, roots: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes on the way from x to roots, without x."""
    users = {x: None}
    for node in topological(roots):
        if not users.keys().isdisjoint(node.inputs):
            users[node] = None
    return tuple(users)[1:]


def branches_of(node: Node, values: Values) -> Array:
    """Which smooth piece each element of a piecewise node is on, at these values of its inputs."""
    assert isinstance(node.op, Piecewise)
    return node.op.branches(*(values[x] for x in node.inputs))
