"""What a layer can say of its outputs: what they are to a loss, and where they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """What outputs are to a loss, where they are more than numbers. A layer that declares one computes just that."""

    CLASS_PROBABILITIES = "class probabilities"
    """softmax of its input, along the last axis."""

    LOG_PROBABILITIES = "log-probabilities"
    """log_softmax of its input."""

    PROBABILITIES = "probabilities"
    """sigmoid of its input: a probability for each number by itself."""

    @property
    def normalised(self) -> bool:
        """Whether the probabilities of an example sum to 1."""
        return self is not Form.PROBABILITIES


@dataclass(frozen=True)
class Bounds:
    """A range that outputs never leave: `low` ≤ y ≤ `high`; infinite where there is no bound."""

    low: float = -math.inf
    high: float = math.inf

    def clipped(self, low: float, high: float) -> Bounds:
        """The range of what is kept between two limits."""
        return Bounds(min(max(self.low, low), high), min(max(self.high, low), high))

    def __str__(self) -> str:
        """In words, behind "lies": never below 0."""
        if math.isinf(self.high):
            return "anywhere" if math.isinf(self.low) else f"never below {self.low:g}"
        return f"never above {self.high:g}" if math.isinf(self.low) else f"between {self.low:g} and {self.high:g}"


#: Nothing is said.
ANYWHERE = Bounds()
