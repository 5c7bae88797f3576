"""Two sequences laid side by side, with the least cost: what was kept, changed, inserted, removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

#: Costs that are alike in so many digits are equal: they are sums of the same numbers in other orders.
_DIGITS = 9


def align(before: Sequence[T], after: Sequence[T], cost: Callable[[T, T], float]) -> list[tuple[int | None, int | None]]:
    """Pairs of indices in order; None on a side where the other one was inserted or removed, which costs 1.

    `cost` is that of a change of one item into another; one of 2 or more is never chosen. The edit distance by dynamic
    programming (Wagner and Fischer, "The string-to-string correction problem", 1974). Of equal costs, items are paired as
    early as they can be.
    """
    rows, columns = len(before), len(after)
    least = [[0.0] * (columns + 1) for _ in range(rows + 1)]  # of what is left from i and from j on
    for i in range(rows, -1, -1):
        for j in range(columns, -1, -1):
            if i < rows or j < columns:
                least[i][j] = min(found for _, found in _moves(before, after, cost, least, i, j))
    pairs: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < rows or j < columns:
        (down, right), _ = min(_moves(before, after, cost, least, i, j), key=lambda move: round(move[1], _DIGITS))
        pairs.append((i if down else None, j if right else None))
        i, j = i + down, j + right
    return pairs


def _moves(
    before: Sequence[T],
    after: Sequence[T],
    cost: Callable[[T, T], float],
    least: Sequence[Sequence[float]],
    i: int,
    j: int,
) -> list[tuple[tuple[bool, bool], float]]:
    """What may come next, an item of both, of the first or of the second alone, and the least cost of all from there on."""
    moves = []
    if i < len(before) and j < len(after) and (change := cost(before[i], after[j])) < 2:
        moves.append(((True, True), change + least[i + 1][j + 1]))
    if i < len(before):
        moves.append(((True, False), 1 + least[i + 1][j]))
    if j < len(after):
        moves.append(((False, True), 1 + least[i][j + 1]))
    return moves
