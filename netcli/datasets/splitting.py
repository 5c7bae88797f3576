"""Holding examples out."""

from __future__ import annotations

import numpy as np

from netcli.datasets.dataset import Split
from netcli.graph import Array


def hold_out(split: Split, share: float, stream: np.random.SeedSequence) -> tuple[Split, Split]:
    """The rest and the held-out part, each in the order of `split`; `stream` alone decides which examples are held out.

    round(share · n) examples are held out, at least one, and at least one stays. Class labels of examples are stratified:
    of each class the same share is held out, to within one example, and while that is possible one example stays.
    """
    total = len(split)
    count = min(max(round(share * total), 1), total - 1)
    held = np.zeros(total, dtype=bool)
    held[_order(split.targets, stream)[:count]] = True
    return split.take(np.flatnonzero(~held)), split.take(np.flatnonzero(held))


def random_order(count: int, stream: np.random.SeedSequence) -> Array:
    """The numbers below `count` in a random order, the same for a stream with every version of numpy.

    It uses raw numbers of the bit generator: numpy promises that they never change, and does not promise it of permutation().
    """
    return np.argsort(np.random.PCG64(stream).random_raw(count), kind="stable")


def _order(targets: Array, stream: np.random.SeedSequence) -> Array:
    """A random order of the examples; for class labels one in which every beginning is stratified."""
    order = random_order(len(targets), stream)
    if targets.dtype.kind == "f" or targets.ndim > 1:
        return order
    labels = targets[order]
    counts = np.bincount(labels)
    by_class = np.argsort(labels, kind="stable")
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(labels), dtype=np.int64)  # of each example among those of its class
    rank[by_class] = np.arange(len(labels)) - starts[labels[by_class]]
    position = (rank + 0.5) / counts[labels]  # spreads every class evenly over 0 to 1
    position[rank == counts[labels] - 1] += 1  # the last of a class goes last
    return order[np.argsort(position, kind="stable")]
