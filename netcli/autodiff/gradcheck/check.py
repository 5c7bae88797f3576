"""What a gradient check says, and how much it looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

#: What was compared. `type`: the computed value with the inferred type. `reverse`: the reverse gradient with central
#: differences. `complex`: the same with the complex step. `forward`: the forward tangent with the reverse gradient.
#: `second …`: the same of the gradient itself. `float32`: what an executor computes in float32 with the same in float64.
Kind = Literal["type", "reverse", "complex", "forward", "second reverse", "second complex", "second forward", "float32"]

#: `kink`: differences disagree only where the function has a kink, and the gradient is one that a kink allows.
Verdict = Literal["pass", "fail", "kink"]

#: Verdicts from good to bad.
_SEVERITY: tuple[Verdict, ...] = ("pass", "kink", "fail")


@dataclass(frozen=True)
class Precision:
    """How right float32 values are, in decimal digits: at most 7.2, what float32 has.

    `digits` are those of the largest element that the largest error leaves right, `worst_digits` those of the element with the
    largest error relative to itself. `share` is the largest error as a share of what rounding may do to its element: up to 1.
    """

    digits: float
    worst_digits: float
    share: float


@dataclass(frozen=True)
class Evidence:
    """What a verdict of `fail` or `kink` rests on: of the derivatives with that verdict the one with the largest error.

    `element` is the index of what was moved, None for several elements at once. `expected` is the derivative along it by the
    other way, `found` by the gradient; `left` and `right` are the one-sided differences, where differences were taken.
    `changed` says at which nodes, in words, some elements are on another smooth piece a step away, and how many are.
    """

    element: tuple[int, ...] | None
    expected: float
    found: float
    left: float | None = None
    right: float | None = None
    changed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """One comparison of one parameter, or of one input of an operation.

    `elements` were compared one by one (all that there are, in a forward check); `max_rel_error` is relative to the derivative,
    or to the size from which rounding lets differences tell a millionth of it, if that is larger; in a `float32` check it is
    relative to the largest element. `detail` says for `fail` what was expected, what was found and where, for `kink` at which
    node.
    """

    name: str
    kind: Kind
    verdict: Verdict
    max_abs_error: float
    max_rel_error: float
    elements: int
    detail: str = ""
    precision: Precision | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class CheckSettings:
    """How much is looked at.

    A parameter of at most `every` elements is checked element by element. Of a larger one `sampled` elements are, and
    `projections`: derivatives along random directions, in which every element weighs the same.
    """

    every: int = 100
    sampled: int = 32
    projections: int = 8
    second_order: bool = True
    seed: int = 0

    def derivatives(self, size: int) -> int:
        """How many are looked at of a parameter of this size."""
        return size if size <= self.every else self.sampled + self.projections

    def reduced(self, share: float) -> CheckSettings:
        """A share of everything, but at least one element and one projection of each parameter."""
        every, sampled, projections = (max(int(n * share), 1) for n in (self.every, self.sampled, self.projections))
        return replace(self, every=every, sampled=sampled, projections=projections)


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """`fail` if any is, else `kink` if any is."""
    return max(verdicts, key=_SEVERITY.index, default="pass")


def merged(name: str, checks: Sequence[Check]) -> list[Check]:
    """One check per kind: the worst verdict, the greatest errors, all the elements, and the details of the worst ones."""
    rows = []
    for kind in get_args(Kind):
        same = [check for check in checks if check.kind == kind]
        if not same:
            continue
        verdict = worst([check.verdict for check in same])
        details = [_named(check) for check in same if check.verdict == verdict and check.detail]
        rows.append(
            Check(
                name,
                kind,
                verdict,
                max(check.max_abs_error for check in same),
                max(check.max_rel_error for check in same),
                sum(check.elements for check in same),
                "\n".join(dict.fromkeys(details)),
                _least([check.precision for check in same if check.precision is not None]),
                next((check.evidence for check in same if check.verdict == verdict and check.evidence), None),
            )
        )
    return rows


def _least(precisions: Sequence[Precision]) -> Precision | None:
    if not precisions:
        return None
    return Precision(
        min(one.digits for one in precisions),
        min(one.worst_digits for one in precisions),
        max(one.share for one in precisions),
    )


def _named(check: Check) -> str:
    return check.detail if check.verdict == "pass" else f"{check.name}: {check.detail}"
