"""The check checked: errors planted into every operation in turn, and whether it sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from netcli.autodiff.forward import jvp
from netcli.autodiff.gradcheck.check import CheckSettings, Kind
from netcli.autodiff.gradcheck.function import Evaluate
from netcli.autodiff.gradcheck.operation import check_operation, sample_inputs
from netcli.autodiff.gradcheck.planted import (
    OneElement,
    Plant,
    SpoiledForward,
    detached,
    scaled,
    shifted,
    spoiled,
    transposed,
    truncated,
)
from netcli.autodiff.reverse import gradients
from netcli.graph import Array, Differentiable, Node, Op, Sample, placeholder

#: Errors of the reverse rule for one input, of the forward rule, and of the derivative of a reverse rule that is right itself.
Error = Literal["× 1.01", "one element", "dropped term", "added term", "transposed", "forward × 1.01", "second order"]

#: `no effect`: at this point the rule gives the same with the error as without it, as 1.01 times zero does.
Found = Literal["caught", "missed", "no effect"]

#: Samples of each operation that errors are planted into: more of them repeat the same rules on other shapes.
_SAMPLES = 2


@dataclass(frozen=True)
class Planted:
    """An error planted into an operation, what became of it, and the comparisons that failed for it.

    `input` is the place of the input whose cotangent was spoiled; None for the forward rule.
    """

    operation: str
    sample: str
    input: int | None
    error: Error
    found: Found
    by: tuple[Kind, ...]


def self_test(
    evaluate: Evaluate, operations: Sequence[type[Op]], settings: CheckSettings | None = None
) -> Iterator[list[Planted]]:
    """Plant each error into each differentiable operation, for each float input, in two samples; a list for each operation."""
    settings = settings or CheckSettings()
    for operation in operations:
        found = [planted for sample in operation.samples()[:_SAMPLES] for planted in _plant(sample, evaluate, settings)]
        if found:
            yield found


def _plant(sample: Sample, evaluate: Evaluate, settings: CheckSettings) -> Iterator[Planted]:
    """Every error in one sample."""
    op = sample.op
    floats = [i for i, argument in enumerate(sample.arguments) if argument.type.is_float]
    if not isinstance(op, Differentiable) or not floats:
        return
    first = replace(settings, second_order=False)
    tangent = _tangent(sample, evaluate, settings)
    for i in floats:
        gradient, second = _gradient(sample, evaluate, settings, i, 1), _gradient(sample, evaluate, settings, i, 2)
        right, element = gradient(op), _largest(gradient(op), sample, i)
        plants: dict[Error, Plant] = {
            "× 1.01": scaled, "one element": OneElement(element), "dropped term": truncated, "added term": shifted,
            "transposed": transposed,
        }  # fmt: skip
        for error, plant in plants.items():
            wrong = spoiled(op, i, plant)
            seen = not _same(gradient(wrong), right)
            yield _planted(sample, i, error, wrong, evaluate, first if seen else None)
        wrong = spoiled(op, i, detached)
        seen = not _same(second(wrong), second(op))
        yield _planted(sample, i, "second order", wrong, evaluate, settings if seen else None)
    wrong = SpoiledForward(op)
    seen = not _same(tangent(wrong), tangent(op))
    yield _planted(sample, None, "forward × 1.01", wrong, evaluate, first if seen else None)


def _planted(
    sample: Sample, place: int | None, error: Error, op: Differentiable, evaluate: Evaluate, settings: CheckSettings | None
) -> Planted:
    """What the check says of the operation with the error; without settings, the error has no effect."""
    if settings is None:
        return Planted(op.name, str(sample), place, error, "no effect", ())
    rows = check_operation(Sample(op, sample.arguments), evaluate, settings)
    by = tuple(dict.fromkeys(row.kind for row in rows if row.verdict == "fail"))
    return Planted(op.name, str(sample), place, error, "caught" if by else "missed", by)


def _gradient(
    sample: Sample, evaluate: Evaluate, settings: CheckSettings, place: int, order: int
) -> Callable[[Differentiable], Array]:
    """The first derivatives by an input, or the second ones by all, by the rules of an operation; as one array."""
    values = sample_inputs(sample, settings.seed)

    def compute(op: Differentiable) -> Array:
        nodes, given = [Node(op, values)], dict(values)
        floats = [x for x in values if x.type.is_float]
        for turn in range(order):
            xs = floats if turn else [list(values)[place]]
            seeds = [placeholder("seed", node.type) for node in nodes]
            for seed, value in zip(seeds, evaluate(nodes, given), strict=True):
                given[seed] = 1.0 + np.arange(value.size).reshape(value.shape)
            nodes = gradients(nodes, xs, seeds, unconnected="zero")
        return np.concatenate([value.ravel() for value in evaluate(nodes, given)])

    return compute


def _tangent(sample: Sample, evaluate: Evaluate, settings: CheckSettings) -> Callable[[Differentiable], Array]:
    """The tangent by the rule of an operation, all float inputs moving."""
    values = sample_inputs(sample, settings.seed)
    floats = [x for x in values if x.type.is_float]
    tangents = {
        placeholder("tangent", x.type): number + np.arange(values[x].size).reshape(values[x].shape) / number
        for number, x in enumerate(floats, 1)
    }

    def compute(op: Differentiable) -> Array:
        return evaluate(jvp([Node(op, values)], floats, list(tangents)), {**values, **tangents})[0]

    return compute


def _largest(gradient: Array, sample: Sample, place: int) -> int:
    """The place within an example of the greatest derivative."""
    return int(np.abs(gradient).argmax()) % max(1, sample.arguments[place].type.size)


def _same(one: Array, other: Array) -> bool:
    """Whether an error changes nothing that could be seen."""
    return bool(np.allclose(one, other, rtol=1e-6, atol=1e-9))
