"""Holding examples out: disjoint, stratified, fixed by the seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netcli.datasets import Split
from netcli.datasets.splitting import hold_out


def numbered(targets: list[int] | np.ndarray) -> Split:
    """Examples whose only input is their own index."""
    return Split(np.arange(len(targets), dtype=np.float32)[:, None], np.asarray(targets, dtype=np.int32))


def indices(split: Split) -> list[int]:
    return [int(index) for index in split.inputs[:, 0]]


def stream(seed: int) -> np.random.SeedSequence:
    return np.random.SeedSequence(seed)


@settings(max_examples=150, deadline=None)
@given(
    labels=st.lists(st.integers(0, 5), min_size=2, max_size=120),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**63),
)
def test_parts_are_disjoint_complete_and_stratified(labels: list[int], share: float, seed: int) -> None:
    rest, held = hold_out(numbered(labels), share, stream(seed))
    assert sorted(indices(rest) + indices(held)) == list(range(len(labels)))
    assert indices(rest) == sorted(indices(rest)) and indices(held) == sorted(indices(held))
    assert len(held) == min(max(round(share * len(labels)), 1), len(labels) - 1)
    for part in (rest, held):
        assert part.targets.tolist() == [labels[index] for index in indices(part)]
    counts = np.bincount(labels, minlength=6)
    if len(held) <= len(labels) - np.count_nonzero(counts):
        kept = np.bincount(rest.targets, minlength=6)
        assert all(kept[counts > 0] >= 1)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.37, 0.5])
def test_each_class_gives_its_share_to_within_one_example(share: float) -> None:
    sizes = [500, 120, 37, 11]
    labels = np.repeat(np.arange(4), sizes)
    _, held = hold_out(numbered(labels), share, stream(3))
    assert all(abs(count - share * size) <= 1 for count, size in zip(np.bincount(held.targets), sizes, strict=True))


def test_the_seed_alone_decides() -> None:
    labels = [index % 3 for index in range(60)]
    parts = [indices(hold_out(numbered(labels), 0.2, stream(seed))[1]) for seed in (0, 0, 1, 2)]
    assert parts[0] == parts[1]
    assert len({tuple(part) for part in parts}) == 3


def test_every_example_has_the_same_chance() -> None:
    labels = [0] * 12 + [1] * 8
    times = np.zeros(20)
    for seed in range(600):
        times[indices(hold_out(numbered(labels), 0.25, stream(seed))[1])] += 1
    assert np.all(np.abs(times - 150) < 5 * np.sqrt(600 * 0.25 * 0.75))  # five standard deviations


def test_the_choice_is_the_same_on_every_machine_and_version() -> None:
    """Held by value: a trained network that is evaluated later must find the same test part."""
    _, held = hold_out(numbered([index % 2 for index in range(30)]), 0.2, stream(7))
    assert indices(held) == [3, 6, 20, 21, 23, 24]


def test_values_are_held_out_without_strata() -> None:
    split = Split(np.arange(50, dtype=np.float32)[:, None], np.linspace(0, 1, 50, dtype=np.float32)[:, None])
    rest, held = hold_out(split, 0.3, stream(0))
    assert len(held) == 15
    assert sorted(indices(rest) + indices(held)) == list(range(50))
    assert held.targets.tolist() == split.targets[indices(held)].tolist()
    assert indices(held) != indices(hold_out(split, 0.3, stream(1))[1])
