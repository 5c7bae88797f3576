"""Memory that values take turns in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Lifetime:
    """How much room a value wants, and from which kernel to which (both included) it is wanted."""

    size: int
    first: int
    last: int


def place(lifetimes: Sequence[Lifetime]) -> tuple[list[int], int]:
    """An offset for each value, such that two that are wanted at once never overlap; and the room that all need together.

    Greedy by size, each at the lowest place that is free for its whole life (Pisarchyk and Lee, "Efficient memory management
    for deep neural net inference", 2020, greedy by size).
    """
    offsets = [0] * len(lifetimes)
    placed: list[int] = []
    for index in sorted(range(len(lifetimes)), key=lambda i: (-lifetimes[i].size, i)):
        life = lifetimes[index]
        busy = sorted(
            (offsets[other], offsets[other] + lifetimes[other].size)
            for other in placed
            if lifetimes[other].first <= life.last and life.first <= lifetimes[other].last
        )
        at = 0
        for start, end in busy:
            if at + life.size <= start:
                break
            at = max(at, end)
        offsets[index] = at
        placed.append(index)
    total = max((offsets[i] + life.size for i, life in enumerate(lifetimes)), default=0)
    return offsets, total
