"""One derivative along one direction: right, wrong, or at a kink."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from netcli.autodiff.gradcheck.check import Verdict
from netcli.autodiff.gradcheck.function import Function, Slopes
from netcli.autodiff.gradcheck.tolerance import STEP, STEPS
from netcli.graph import Array, Node


@dataclass(frozen=True)
class Outcome:
    """The verdict on a direction, the slopes it rests on, and the piecewise nodes that change within the step.

    `at_kink` are the slopes at a kink itself, where the others are those beside it.
    """

    verdict: Verdict
    direction: Array
    slopes: Slopes
    changes: Mapping[Node, int] = field(default_factory=dict)
    at_kink: Slopes | None = None


def examine(function: Function, direction: Array) -> Outcome:
    """Compare the gradient with differences along a direction.

    Where branches change even at the smallest step, x itself lies on a kink. There the gradient has to lie between the left
    and the right derivative, and it has to be right on both sides: so an error beside a kink stays an error. Where the
    function itself jumps at x there is no derivative, and nothing that the gradient could lie between.
    """
    outcome = _compared(function, direction)
    if outcome.verdict != "kink":
        return outcome
    sides = [_compared(function.moved(direction, length), direction) for length in (-STEP, STEP)]
    worst = max(sides, key=lambda side: (side.verdict == "fail", side.slopes.error))
    if worst.verdict == "fail":
        return replace(worst, changes=outcome.changes)
    if not outcome.slopes.between and not _jumps(function, outcome):
        return replace(outcome, verdict="fail", at_kink=outcome.slopes)
    return replace(worst, verdict="kink", changes=outcome.changes, at_kink=outcome.slopes)


def _compared(function: Function, direction: Array) -> Outcome:
    """`pass` or `fail` at the largest step within which no branch changes; `kink` if there is none."""
    slopes = function.slopes(direction, STEP)
    if slopes.agree:
        return Outcome("pass", direction, slopes)
    crossed: Mapping[Node, int] = {}
    for step in STEPS:
        changes = function.changes(direction, step)
        if not changes:
            refined = _extrapolated(function, direction, step)
            return Outcome("pass" if refined.agree else "fail", direction, refined, crossed)
        crossed = changes
    return Outcome("kink", direction, function.slopes(direction, STEPS[-1]), crossed)


def _jumps(function: Function, outcome: Outcome) -> bool:
    """Whether the differences stay as large as they were while the step shrinks, so that the slopes grow as it does."""
    wide, narrow = function.slopes(outcome.direction, STEP), outcome.slopes
    steepest = max(abs(wide.left), abs(wide.right))
    return max(abs(narrow.left), abs(narrow.right)) > 0.5 * STEP / narrow.step * steepest + narrow.noise


def locate(function: Function, outcome: Outcome) -> Outcome:
    """The element that makes a direction fail: halve the direction, and go on with a half that fails, until one is left.

    A direction across several kinks at once may fail although each of its elements has a derivative that its kink allows: then
    halving ends at a kink. Where halves agree that disagree together, the direction itself is the answer.
    """
    while outcome.verdict == "fail" and np.count_nonzero(outcome.direction) > 1:
        halves = [examine(function, half) for half in _halves(outcome.direction)]
        bad = [half for verdict in ("fail", "kink") for half in halves if half.verdict == verdict]
        if not bad:
            return outcome
        outcome = bad[0]
    return outcome


def element_direction(x: Array, element: int) -> Array:
    """Along one element, by its size or 1 if that is larger."""
    direction = np.zeros(x.size)
    direction[element] = max(1.0, abs(float(x.flat[element])))
    return direction.reshape(x.shape)


def random_direction(x: Array, generator: np.random.Generator) -> Array:
    """Along all elements at once, each as much as its size (or 1) over √n, up or down: no error of one element can hide."""
    signs = generator.choice((-1.0, 1.0), x.shape)
    return np.asarray(signs * np.maximum(1.0, np.abs(x)) / np.sqrt(x.size))


def _extrapolated(function: Function, direction: Array, step: float) -> Slopes:
    """Slopes whose central difference has no error in h², by Richardson's extrapolation from h and h/2."""
    coarse, fine = function.slopes(direction, step), function.slopes(direction, step / 2)
    return replace(coarse, expected=(4 * fine.expected - coarse.expected) / 3, noise=(4 * fine.noise + coarse.noise) / 3)


def _halves(direction: Array) -> list[Array]:
    """Two directions with half of the elements each, as long as the whole was."""
    elements = np.flatnonzero(direction)
    halves = []
    for part in np.array_split(elements, 2):
        half = np.zeros(direction.size)
        half[part] = direction.flat[part] * np.sqrt(len(elements) / len(part))
        halves.append(half.reshape(direction.shape))
    return halves
