"""The rows of a gradient check: one parameter, one kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from netcli.autodiff.forward import jvp
from netcli.autodiff.gradcheck.check import Check, CheckSettings, Evidence, Kind, Verdict, worst
from netcli.autodiff.gradcheck.complex_step import ComplexStep, NotAnalyticError
from netcli.autodiff.gradcheck.examine import Outcome, element_direction, examine, locate, random_direction
from netcli.autodiff.gradcheck.function import Evaluate, Function, Values, distance, relative
from netcli.autodiff.gradcheck.tolerance import DUALITY, DUALITY_FLOOR
from netcli.autodiff.paths import describe
from netcli.graph import Array, Node, placeholder


def reverse_rows(
    name: str, kinds: tuple[Kind, Kind], function: Function, settings: CheckSettings, generator: np.random.Generator
) -> list[Check]:
    """The gradient of one leaf against central differences, element by element and, for a large one, along directions.

    The second row, if the complex step applies, is that of the same directions with it; if not, the first one says why.
    """
    x = function.values[function.x]
    large = x.size > settings.every
    chosen = generator.choice(x.size, min(settings.sampled, x.size), replace=False) if large else np.arange(x.size)
    outcomes = [examine(function, element_direction(x, element)) for element in chosen]
    for _ in range(settings.projections if large else 0):
        outcome = examine(function, random_direction(x, generator))
        wrong = any(outcome.verdict == "fail" for outcome in outcomes)
        outcomes.append(outcome if wrong else locate(function, outcome))
    row = Check(
        name,
        kinds[0],
        worst([outcome.verdict for outcome in outcomes]),
        max((outcome.slopes.error for outcome in outcomes), default=0.0),
        max((outcome.slopes.relative_error for outcome in outcomes), default=0.0),
        len(chosen),
        _detail(outcomes),
        evidence=_evidence(outcomes),
    )
    try:
        return [row, complex_row(name, kinds[1], function, outcomes, len(chosen))]
    except NotAnalyticError as error:
        return [replace(row, detail="; ".join(filter(None, [row.detail, error.message])))]


def complex_row(name: str, kind: Kind, function: Function, outcomes: Sequence[Outcome], elements: int) -> Check:
    """The gradient along the same directions against the complex step. Raises NotAnalyticError.

    The branch that an operation takes on a kink may be another one than that of its rule: there, no error is one. And where
    differences confirm the gradient but are far from the complex step, the code of some operation is not analytic.
    """
    step = ComplexStep(function)
    trials = [_complex_trial(step, outcome) for outcome in outcomes]
    verdict = worst([trial.verdict for trial in trials])
    wrong = [trial for trial in trials if trial.verdict == verdict != "pass"]
    evidence = max(wrong, key=lambda trial: trial.error).evidence if wrong else None
    detail = ""
    if evidence is not None:
        detail = f"{place_text(evidence.element)}: expected {evidence.expected:.15g}, found {evidence.found:.15g}"
        detail += f"; {len(wrong)} of {len(trials)} derivatives {'wrong' if verdict == 'fail' else 'on a kink'}"
    return Check(
        name,
        kind,
        verdict,
        max((trial.error for trial in trials), default=0.0),
        max((trial.relative_error for trial in trials), default=0.0),
        elements,
        detail,
        evidence=evidence,
    )


@dataclass(frozen=True)
class _Trial:
    """One direction: the gradient against the complex step."""

    verdict: Verdict
    error: float
    relative_error: float
    evidence: Evidence


def _complex_trial(step: ComplexStep, outcome: Outcome) -> _Trial:
    """Raises NotAnalyticError."""
    function = step.function
    slope, found = step.slope(outcome.direction), float(np.sum(function.values[function.gradient] * outcome.direction))
    error = distance(slope.expected, found)
    right = error < np.inf and error <= slope.tolerance
    apart = distance(slope.expected, outcome.slopes.expected) > outcome.slopes.tolerance
    if not right and outcome.verdict == "pass" and apart:
        raise NotAnalyticError("the complex step does not apply: some operation on the way is not analytic")
    element, scale = place_of(outcome.direction)
    evidence = Evidence(element, slope.expected / scale, found / scale)
    size = max(abs(slope.expected), abs(found), slope.tolerance / DUALITY)
    verdict: Verdict = "pass" if right else "kink" if outcome.verdict == "kink" else "fail"
    return _Trial(verdict, error, relative(error, size), evidence)


def forward_row(
    name: str,
    kind: Kind,
    outputs: Sequence[tuple[Node, Array]],
    gradients: Sequence[tuple[Node, Array]],
    values: Values,
    evaluate: Evaluate,
    generator: np.random.Generator,
) -> Check:
    """⟨v, Ju⟩ = ⟨Jᵀv, u⟩: forward mode along random tangents u of some leaves against their gradients Jᵀv.

    `outputs` come with their cotangents v, leaves with their gradients; `values` are those of all nodes of the outputs.
    """
    xs = [x for x, _ in gradients]
    tangents = [placeholder("tangent", x.type) for x in xs]
    directions = [np.asarray(generator.standard_normal(gradient.shape)) for _, gradient in gradients]
    nodes = jvp([node for node, _ in outputs], xs, tangents)
    moved = evaluate(nodes, {**values, **dict(zip(tangents, directions, strict=True))})
    forward = [np.asarray(cotangent * tangent) for (_, cotangent), tangent in zip(outputs, moved, strict=True)]
    reverse = [np.asarray(gradient * direction) for (_, gradient), direction in zip(gradients, directions, strict=True)]
    size = _length([np.asarray(cotangent * values[node]) for node, cotangent in outputs])
    found, expected = _sum(forward), _sum(reverse)
    terms = max(_length(forward), _length(reverse))
    floor = DUALITY_FLOOR * max(size, 1.0)
    error = distance(found, expected)
    right = error < np.inf and error <= DUALITY * terms + floor
    detail = f"forward mode gives ⟨v, Ju⟩ = {found:.12g}, reverse mode ⟨Jᵀv, u⟩ = {expected:.12g}"
    elements = sum(gradient.size for _, gradient in gradients)
    return Check(
        name,
        kind,
        "pass" if right else "fail",
        error,
        relative(error, max(terms, floor / DUALITY)),
        elements,
        "" if right else detail,
        evidence=None if right else Evidence(None, expected, found),
    )


def _sum(arrays: Sequence[Array]) -> float:
    return float(sum(np.sum(array) for array in arrays))


def _length(arrays: Sequence[Array]) -> float:
    return float(np.sqrt(sum(np.sum(array**2) for array in arrays)))


def _evidence(outcomes: Sequence[Outcome]) -> Evidence | None:
    """Of the worst outcome, if it did not pass."""
    verdict = worst([outcome.verdict for outcome in outcomes])
    if verdict == "pass":
        return None
    outcome = max(
        (outcome for outcome in outcomes if outcome.verdict == verdict),
        key=lambda outcome: (outcome.at_kink or outcome.slopes).error,
    )
    slopes, (element, scale) = outcome.at_kink or outcome.slopes, place_of(outcome.direction)
    changed = {describe(node): count for node, count in outcome.changes.items()}
    expected, found, left, right = (value / scale for value in (slopes.expected, slopes.found, slopes.left, slopes.right))
    return Evidence(element, expected, found, left, right, changed)


def place_of(direction: Array) -> tuple[tuple[int, ...] | None, float]:
    """The index of the one element that a direction moves, and by how much; None and 1 if it moves several."""
    moved = np.flatnonzero(direction)
    if len(moved) != 1:
        return None, 1.0
    return tuple(int(i) for i in np.unravel_index(moved[0], direction.shape)), float(direction.flat[moved[0]])


def place_text(element: tuple[int, ...] | None) -> str:
    """In words."""
    if element is None:
        return "a projection"
    return f"element {list(element)}" if element else "the value"


def _detail(outcomes: Sequence[Outcome]) -> str:
    """For errors the worst one; else what kinks did; else whether there was anything to see."""
    wrong = [outcome for outcome in outcomes if outcome.verdict == "fail"]
    if wrong:
        return _error(max(wrong, key=lambda outcome: outcome.slopes.error), len(wrong), len(outcomes))
    on_kink = [outcome for outcome in outcomes if outcome.verdict == "kink"]
    beside = [outcome for outcome in outcomes if outcome.verdict == "pass" and outcome.changes]
    notes = []
    if on_kink:
        notes.append(f"{len(on_kink)} of {len(outcomes)} on a kink, right on both sides of it ({_kinks(on_kink)})")
        notes.append(_both_sides(on_kink))
    if beside:
        notes.append(f"{len(beside)} of {len(outcomes)} beside a kink, right at a smaller step ({_kinks(beside)})")
    largest = max((abs(outcome.slopes.found) for outcome in outcomes), default=0.0)
    if 0 < largest < outcomes[0].slopes.noise:
        notes.append(f"derivatives of at most {largest:.1e} are too small for differences to confirm")
    return "; ".join(notes)


def _both_sides(on_kink: Sequence[Outcome]) -> str:
    """The derivatives on both sides of a kink, and the one between them."""
    evidence = _evidence(on_kink)
    assert evidence is not None, "a kink has evidence"
    return f"{place_text(evidence.element)}: left {evidence.left:.6g}, right {evidence.right:.6g}, found {evidence.found:.6g}"


def _error(outcome: Outcome, wrong: int, total: int) -> str:
    slopes = outcome.slopes
    element, scale = place_of(outcome.direction)
    place = f"a projection of {np.count_nonzero(outcome.direction)} elements" if element is None else place_text(element)
    expected, found = slopes.expected / scale, slopes.found / scale
    ratio = f", ratio {found / expected + 0.0:.6g}" if abs(slopes.expected) > slopes.noise else ""
    return f"{place}: expected {expected:.9g}, found {found:.9g}{ratio}; {wrong} of {total} derivatives wrong"


def _kinks(outcomes: Sequence[Outcome]) -> str:
    return kinks_text([outcome.changes for outcome in outcomes])


def kinks_text(changes: Sequence[Mapping[Node, int]]) -> str:
    """The nodes at which branches changed, with the greatest number of elements that did."""
    counts: dict[str, int] = {}
    for changed in changes:
        for node, count in changed.items():
            counts[describe(node)] = max(count, counts.get(describe(node), 0))
    return ", ".join(f"{where}: {count} element{'s' if count > 1 else ''}" for where, count in counts.items())
