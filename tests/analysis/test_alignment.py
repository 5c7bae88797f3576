"""The edit distance of two sequences, and which items it lays side by side."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netcli.analysis.diff.alignment import align


def cost(a: str, b: str) -> float:
    """Equal letters are the same, letters of one case a change, of two cases never laid side by side."""
    return 0.0 if a == b else 1.5 if a.isupper() == b.isupper() else 2.0


def paid(before: str, after: str) -> float:
    pairs = align(before, after, cost)
    return sum(1 if i is None or j is None else cost(before[i], after[j]) for i, j in pairs)


@cache
def least(before: str, after: str) -> float:
    """The least cost, by trying all."""
    if not before or not after:
        return float(len(before) + len(after))
    change = cost(before[0], after[0]) + least(before[1:], after[1:])
    return min(change, 1 + least(before[1:], after), 1 + least(before, after[1:]))


letters = st.text(alphabet="abcAB", max_size=7)


@given(letters, letters)
def test_every_item_once_in_order_at_the_least_cost(before: str, after: str) -> None:
    pairs = align(before, after, cost)
    assert [i for i, _ in pairs if i is not None] == list(range(len(before)))
    assert [j for _, j in pairs if j is not None] == list(range(len(after)))
    assert (None, None) not in pairs
    assert all(cost(before[i], after[j]) < 2 for i, j in pairs if i is not None and j is not None)
    assert paid(before, after) == least(before, after)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("abc", "abc", [(0, 0), (1, 1), (2, 2)]),
        ("ac", "abc", [(0, 0), (None, 1), (1, 2)]),
        ("abc", "ac", [(0, 0), (1, None), (2, 1)]),
        ("abc", "axc", [(0, 0), (1, 1), (2, 2)]),
        ("ab", "aB", [(0, 0), (1, None), (None, 1)]),
        ("ab", "abab", [(0, 0), (1, 1), (None, 2), (None, 3)]),
        ("", "a", [(None, 0)]),
        ("", "", []),
    ],
)
def test_what_is_laid_side_by_side(before: str, after: str, expected: list[tuple[int | None, int | None]]) -> None:
    assert align(before, after, cost) == expected
