"""How the threads share a uniform phase.

A uniform phase falls into levels; the threads meet between two of them. In a level, nodes that read the same values, element by
element (a weight, its gradient, its momentum, sums over all of them) are *wide*: one loop computes them together, sixteen
elements at a time, and the threads share its slices. Transformed filters are cut into *panels*, which the threads share too.
All others are *narrow*, mostly scalars, and thread 0 computes them.

The slices of a size are fixed, and sums are added up slice by slice, so that the bits do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from netcli.executors.llvm.kernel import InPanels, SumOverAxes, is_served_by
from netcli.executors.llvm.storage import is_view
from netcli.executors.llvm.target import LANES
from netcli.graph import Node

_MOST_SLICES = 16
#: A slice of fewer vectors than this is not worth another thread.
_LEAST_VECTORS = 64


@dataclass(frozen=True)
class Wide:
    """Nodes that one loop over `size` elements computes: values of that size, and sums over such values."""

    size: int
    nodes: tuple[Node, ...]

    @property
    def vectors(self) -> int:
        """How many times sixteen elements."""
        return -(-self.size // LANES)

    @property
    def slices(self) -> int:
        """Into how many parts the loop is cut; of the size alone."""
        return max(1, min(_MOST_SLICES, self.vectors // _LEAST_VECTORS))


@dataclass
class Level:
    """What the threads share, loops and panels; then what thread 0 does: it adds up the slices, so many, of `totals`, which are
    sums of an earlier level, and computes the `narrow` nodes."""

    wide: list[Wide] = field(default_factory=list)
    panels: list[Node] = field(default_factory=list)
    totals: dict[Node, int] = field(default_factory=dict)
    narrow: list[Node] = field(default_factory=list)


def levels_of(nodes: Sequence[Node], stored: set[Node], flat: set[Node]) -> list[Level]:
    """The levels of a uniform phase that stores `nodes`; `flat` are those that can be wide."""
    within = set(nodes)
    level: dict[Node, int] = {}
    for node in nodes:
        level[node] = max((_earliest(node, x, level[x], flat) for x in _read(node, stored) if x in within), default=0)
    count = max((level[node] + (node in flat and is_served_by(node, SumOverAxes)) for node in nodes), default=-1) + 1
    levels = [Level() for _ in range(count)]
    wide: list[list[Node]] = [[] for _ in range(count)]
    for node in nodes:
        each = levels[level[node]]
        if node in flat:
            wide[level[node]].append(node)
        else:
            (each.panels if is_served_by(node, InPanels) else each.narrow).append(node)
    for at, together in enumerate(wide):
        levels[at].wide = _loops(together, stored)
        for loop in levels[at].wide:
            for node in loop.nodes:
                if is_served_by(node, SumOverAxes):
                    levels[at + 1].totals[node] = loop.slices
    return levels


def _loops(nodes: Sequence[Node], stored: set[Node]) -> list[Wide]:
    """A loop for nodes that read the same stored values of its size, or one another.

    So what is alike of two layers is two loops, of one code.
    """
    leader: dict[Node, Node] = {}

    def led(x: Node) -> Node:
        while leader.setdefault(x, x) is not x:
            leader[x] = x = leader[leader[x]]
        return x

    for node in nodes:
        for x in _read(node, stored):
            if x in stored and x.type.size == elements(node):
                leader[led(x)] = led(node)
    loops: dict[Node, list[Node]] = {}
    for node in nodes:
        loops.setdefault(led(node), []).append(node)
    return [Wide(elements(loop[0]), tuple(loop)) for loop in loops.values()]


def elements(node: Node) -> int:
    """How many elements a wide node's loop has: its own, or those that it sums."""
    return node.inputs[0].type.size if is_served_by(node, SumOverAxes) else node.type.size


def _earliest(node: Node, x: Node, level: int, flat: set[Node]) -> int:
    """The first level in which `node` can read `x`, which is computed in `level`."""
    if x in flat and is_served_by(x, SumOverAxes):
        return level + 1 if node not in flat else level + 2  # thread 0 adds the slices in between
    if x in flat:
        same = node in flat and elements(node) == elements(x)
        return level if same else level + 1
    return level if node not in flat else level + 1


def _read(node: Node, stored: set[Node]) -> list[Node]:
    """The stored nodes that a node reads, through inlined ones and reshapes."""
    found: dict[Node, None] = {}
    stack = list(node.inputs)
    while stack:
        x = stack.pop()
        found[x] = None
        if x not in stored or is_view(x):
            stack.extend(x.inputs)
    return list(found)
