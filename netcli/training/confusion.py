"""Which classes are taken for which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from netcli.graph import Array


@dataclass(frozen=True)
class Confusion:
    """Counts of examples, or pixels, by true class (row) and predicted class (column)."""

    classes: tuple[str, ...]
    counts: Array

    @classmethod
    def of(cls, classes: tuple[str, ...], labels: Array, predicted: Array) -> Confusion:
        """Count; labels and predicted classes are of one shape, `(n,)` or `(n, rows, columns)`."""
        size = len(classes)
        counts = np.bincount((labels.astype(np.int64) * size + predicted).reshape(-1), minlength=size * size)
        return cls(classes, counts.reshape(size, size))

    @property
    def precision(self) -> list[float | None]:
        """Of the examples taken for a class, the share that are of it; None where there are none."""
        return _shares(np.diag(self.counts), self.counts.sum(axis=0))

    @property
    def recall(self) -> list[float | None]:
        """Of the examples of a class, the share taken for it; None where there are none."""
        return _shares(np.diag(self.counts), self.counts.sum(axis=1))


def _shares(part: Array, whole: Array) -> list[float | None]:
    return [float(p / w) if w else None for p, w in zip(part, whole, strict=True)]
