"""Averages over the steps of an epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from netcli.graph import Array

#: Outputs of a step that are a mean over its examples; all others are numbers of the step as a whole.
_OF_STEPS = ("grad_norm", "weight_norm", "update_norm", "zero_share", "statistic_norm", "lr")


class Averages:
    """Sums in float64: outputs that are means over examples weigh as many examples as they have, the others one step."""

    def __init__(self, sums: Mapping[str, Array] | None = None) -> None:
        self.sums: dict[str, Any] = {name: np.float64(value) for name, value in (sums or {}).items()}

    def add(self, outputs: Mapping[str, Array], examples: int) -> None:
        """One step's outputs."""
        for name, value in outputs.items():
            weight = 1 if name.split("/")[0] in _OF_STEPS else examples
            self.sums[name] = self.sums.get(name, 0.0) + np.float64(value) * weight
        self.sums["examples"] = self.sums.get("examples", 0.0) + examples
        self.sums["steps"] = self.sums.get("steps", 0.0) + 1

    @property
    def examples(self) -> int:
        """How many examples were seen."""
        return int(self.sums.get("examples", 0))

    def mean(self, name: str) -> float:
        """The average of an output; NaN before the first step."""
        count = self.sums.get("steps" if name.split("/", maxsplit=1)[0] in _OF_STEPS else "examples", 0.0)
        return float(self.sums[name] / count) if count else math.nan

    def arrays(self) -> dict[str, Array]:
        """The sums, to be kept in a checkpoint."""
        return {name: np.asarray(value, dtype=np.float64) for name, value in self.sums.items()}
