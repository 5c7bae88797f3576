"""Averages over the steps of an epoch."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from netcli.graph import Array


class Averages:
    """Sums in float64 of what steps put out.

    The outputs named in `of_examples` are means over the examples of a step, such as the loss, and weigh as many as it had; the
    others, such as norms, are numbers of the step as a whole and weigh one.
    """

    def __init__(self, of_examples: Collection[str], sums: Mapping[str, Array] | None = None) -> None:
        self._of_examples = frozenset(of_examples)
        self.sums: dict[str, Any] = {name: np.float64(value) for name, value in (sums or {}).items()}

    def add(self, outputs: Mapping[str, Array], examples: int) -> None:
        """One step's outputs."""
        for name, value in outputs.items():
            weight = examples if name in self._of_examples else 1
            self.sums[name] = self.sums.get(name, 0.0) + np.float64(value) * weight
        self.sums["examples"] = self.sums.get("examples", 0.0) + examples
        self.sums["steps"] = self.sums.get("steps", 0.0) + 1

    @property
    def examples(self) -> int:
        """How many examples were seen."""
        return int(self.sums.get("examples", 0))

    def mean(self, name: str) -> float:
        """The average of an output; NaN before the first step."""
        count = self.sums.get("examples" if name in self._of_examples else "steps", 0.0)
        return float(self.sums[name] / count) if count else math.nan

    def arrays(self) -> dict[str, Array]:
        """The sums, to be kept in a checkpoint."""
        return {name: np.asarray(value, dtype=np.float64) for name, value in self.sums.items()}
