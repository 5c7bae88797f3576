"""Layers within layers: as a tree, and summed up from a depth on. Layers come in the order of the stack, outer before inner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from netcli.analysis.inspect.records import LayerRow

#: Rows of a table up to which it is shown as deep as it goes: one or two screens.
MOST_ROWS = 40


@dataclass(frozen=True, eq=False)
class Nest:
    """A layer and those in it; `name` is its path within the layer around it, such as 2/conv1 in repeat1."""

    row: LayerRow
    name: str
    inside: tuple[Nest, ...]

    @property
    def rows(self) -> list[LayerRow]:
        """The layer and all that is in it, in their order."""
        return [self.row, *(row for nest in self.inside for row in nest.rows)]

    @property
    def whole(self) -> LayerRow:
        """The layer with the numbers of all that is in it."""
        return summed(self.row, self.rows[1:])

    @property
    def part(self) -> str:
        """Which stack of the layer around it it is in: 2 of 2/conv1; empty for the main one."""
        return self.name.rpartition("/")[0]


def nests(rows: Sequence[LayerRow]) -> tuple[Nest, ...]:
    """The layers as trees."""
    return _nests(list(rows), 0, "")


def _nests(rows: list[LayerRow], depth: int, around: str) -> tuple[Nest, ...]:
    """The trees of one depth that these rows begin with; their rows are taken away from the front."""
    found: list[Nest] = []
    while rows and rows[0].depth == depth:
        row = rows.pop(0)
        found.append(Nest(row, row.name.removeprefix(around), _nests(rows, depth + 1, f"{row.name}/")))
    return tuple(found)


def groups(depths: Mapping[str, int], depth: int) -> dict[str, str]:
    """Where each layer is shown, if so many layers may stand in each other: by itself, or as a part of one around it.

    `depths` says in how many layers each one stands.
    """
    trail: list[str] = []
    found: dict[str, str] = {}
    for name, own in depths.items():
        trail[own:] = [name]
        found[name] = trail[min(own, depth - 1)]
    return found


def depths_of(rows: Sequence[LayerRow]) -> dict[str, int]:
    """In how many others each layer stands."""
    return {row.name: row.depth for row in rows}


def fitting(deepest: int, count: Callable[[int], int]) -> int:
    """The greatest depth, from `deepest` down to 1, at which there are no more rows than a table should have."""
    return next((depth for depth in range(deepest, 1, -1) if count(depth) <= MOST_ROWS), 1)


def depth_of_table(rows: Sequence[LayerRow]) -> int:
    """How deep a table of layers is shown unless it is said."""
    deepest = 1 + max((row.depth for row in rows), default=0)
    return fitting(deepest, lambda depth: sum(row.depth < depth for row in rows))


def collapsed(rows: Sequence[LayerRow], depth: int) -> tuple[LayerRow, ...]:
    """The layers that stand in less than `depth` others; the numbers of those in them are added to the innermost of these."""
    home = groups(depths_of(rows), depth)
    members: dict[str, list[LayerRow]] = {}
    for row in rows:
        members.setdefault(home[row.name], []).append(row)
    return tuple(summed(row, inside) for row, *inside in members.values())


def summed(row: LayerRow, inside: Iterable[LayerRow]) -> LayerRow:
    """A layer with the numbers of those in it added to its own."""
    all_ = [row, *inside]
    return replace(
        row,
        parameters=sum(each.parameters for each in all_),
        flops_forward=sum(each.flops_forward for each in all_),
        flops_backward=sum(each.flops_backward for each in all_),
        activation_bytes=sum(each.activation_bytes for each in all_),
    )
