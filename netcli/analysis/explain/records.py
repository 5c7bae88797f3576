"""One derivative and how it comes about, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netcli.autodiff.gradcheck import Verdict

#: How a derivative was computed; `executor`: reverse mode in float32, as training computes it.
Method = Literal["reverse", "forward", "difference", "executor"]


@dataclass(frozen=True)
class Derivative:
    """The derivative by one method, how far it is from that of reverse mode, and what that says; float32 gets no verdict."""

    method: Method
    by: str
    value: float
    error: float
    verdict: Verdict | None


@dataclass(frozen=True)
class Stage:
    """A row of the forward graph on the way, and what flows through it.

    `shape` leaves out the batch of a varying value. `elements` are those of the whole batch, `moved` those whose derivative
    with respect to the number is not 0. `gradient` is the norm of ∂loss/∂y, the number itself where y is one; `tangent` is the
    same of ∂y/∂number. `through` is the part of the derivative that comes through the row.
    """

    layer: str
    line: int | None
    yaml: str
    computes: str
    derivative: str
    shape: tuple[int, ...]
    varying: bool
    elements: int
    moved: int
    gradient: float
    tangent: float
    through: float


@dataclass(frozen=True)
class Step:
    """A step of the chain of single numbers: an element of a node, and ∂ this / ∂ the next; the last has no next one."""

    name: str
    line: int | None
    example: int | None
    index: tuple[int, ...]
    value: float
    factor: float | None


@dataclass(frozen=True)
class Cause:
    """Where the way from the number to the loss ends, and why."""

    where: str
    reason: str


@dataclass(frozen=True)
class Kink:
    """A kink on which the number lies: at which nodes, and the derivatives on its two sides."""

    where: str
    left: float
    right: float


@dataclass(frozen=True)
class Explanation:
    """One derivative. `chosen`: the element was not named, and is the one with the largest derivative.

    `end` is what is differentiated, `loss` or `objective` (with penalties), and `end_value` its value. A derivative of zero has
    `causes` instead of a `chain` of single numbers; where there is no path at all, there are no `derivatives` and `stages`.
    """

    number: str
    chosen: bool
    value: float
    weights: str
    examples: int
    layer: str
    line: int | None
    yaml: str
    end: str
    end_value: float
    derivatives: tuple[Derivative, ...] = ()
    kink: Kink | None = None
    is_zero: bool = True
    causes: tuple[Cause, ...] = ()
    stages: tuple[Stage, ...] = ()
    chain: tuple[Step, ...] = ()

    @property
    def derivative(self) -> float:
        """By reverse mode."""
        return self.derivatives[0].value if self.derivatives else 0.0

    @property
    def contradictions(self) -> list[Derivative]:
        """The derivatives that reverse mode does not agree with."""
        return [each for each in self.derivatives if each.verdict == "fail"]
