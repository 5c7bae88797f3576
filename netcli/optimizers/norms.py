"""The four numbers that a training step tells of each parameter."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from typing import Generic, TypeVar

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True)
class ParameterNorms(Generic[T]):
    """Euclidean norms of the gradient before clipping, of the weights before the step, and of the step's change of them; and
    the share of the gradient's elements that are exactly 0.
    """

    grad_norm: T
    weight_norm: T
    update_norm: T
    zero_share: T

    @staticmethod
    def names(label: str) -> ParameterNorms[str]:
        """What the outputs of the step are called that are these numbers of the parameter with this label."""
        return ParameterNorms(*(f"{field.name}/{label}" for field in fields(ParameterNorms)))

    def outputs(self, label: str) -> dict[str, T]:
        """These numbers by those names."""
        return dict(zip(astuple(self.names(label)), self._values(), strict=True))

    def map(self, function: Callable[[T], S]) -> ParameterNorms[S]:
        """The function of each."""
        return ParameterNorms(*map(function, self._values()))

    def _values(self) -> tuple[T, T, T, T]:
        return (self.grad_norm, self.weight_norm, self.update_norm, self.zero_share)


def update_ratio(change: float, weight: float) -> float:
    """The norm of a step's change over that of the weights: inf where weights that are all zero change, 0 where none do."""
    if weight:
        return change / weight
    return math.inf if change else 0.0
