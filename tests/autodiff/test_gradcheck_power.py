"""The gradient check sees planted errors: in every operation, for every float input."""

from __future__ import annotations

import numpy as np
import pytest
from planted import dropped

from netcli.autodiff import gradients
from netcli.autodiff.gradcheck import Check, CheckSettings, check_operation
from netcli.autodiff.gradcheck.operation import sample_inputs
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
from netcli.executors.numpy import values_of
from netcli.graph import Array, Differentiable, Node, Sample, placeholder
from netcli.ops import operations

FIRST = CheckSettings(second_order=False)


def has_slope(sample: Sample, input_: int) -> bool:
    """Whether there is anything to scale or drop: what only chooses, or tells the size of a batch, has the derivative zero."""
    return input_ not in {*sample.op.choosers, sample.op.like}


CASES = [
    (sample, i)
    for operation in operations()
    for sample in operation.samples()[:2]
    for i, argument in enumerate(sample.arguments)
    if issubclass(operation, Differentiable) and argument.type.is_float
]
SLOPING = [(sample, i) for sample, i in CASES if has_slope(sample, i)]
every_case = pytest.mark.parametrize(("sample", "planted"), CASES, ids=[f"{sample}-{i}" for sample, i in CASES])


def gradient(sample: Sample, input_: int, op: Differentiable, beside: float = 0.0) -> Array:
    """The derivative, by the rules of `op`, of the sum of the outputs weighted by themselves' places: 1, 2, 3, …

    It is that at the sample's point, or where every float is a share of itself further from 0.
    """
    values = {x: v * (1 + beside) if x.type.is_float else v for x, v in sample_inputs(sample, FIRST.seed).items()}
    y = Node(op, values)
    seed = placeholder("seed", y.type)
    (value,) = values_of([y], values)
    x = list(values)[input_]
    found = gradients([y], [x], [seed], unconnected="zero")
    return values_of(found, {**values, seed: 1.0 + np.arange(value.size).reshape(value.shape)})[0]


def fails(sample: Sample, op: Differentiable, settings: CheckSettings = FIRST) -> list[Check]:
    return [check for check in check_operation(Sample(op, sample.arguments), values_of, settings) if check.verdict == "fail"]


def plants(sample: Sample, input_: int, right: Array) -> list[tuple[str, Plant]]:
    element = int(np.abs(right).argmax()) % max(1, sample.arguments[input_].type.size)
    named = [scaled, dropped, shifted, truncated, transposed]
    return [(plant.__name__, plant) for plant in named] + [("one element", OneElement(element))]


@pytest.mark.slow
@every_case
def test_an_error_in_a_reverse_rule_is_found_and_named(sample: Sample, planted: int) -> None:
    assert isinstance(sample.op, Differentiable)
    right = gradient(sample, planted, sample.op)
    floats = sum(argument.type.is_float for argument in sample.arguments)
    name = f"{sample}: input {planted}" if len(sample.arguments) > 1 else str(sample)
    seen = set()
    for label, plant in plants(sample, planted, right):
        op = spoiled(sample.op, planted, plant)
        if np.allclose(gradient(sample, planted, op), right, rtol=1e-6, atol=1e-9):
            continue  # it changes nothing here, as a factor does of zero
        seen.add(label)
        found = {(check.name, check.kind) for check in fails(sample, op)}
        expected = {(name, "reverse"), (name, "complex"), (name, "forward")} | (
            {("all together", "forward")} if floats > 1 else set()
        )
        assert found == expected, label
    assert "shifted" in seen
    assert ({"scaled", "dropped", "one element"} <= seen) == has_slope(sample, planted)


@pytest.mark.parametrize(("sample", "planted"), SLOPING, ids=[f"{sample}-{i}" for sample, i in SLOPING])
def test_the_report_says_where_and_how_far(sample: Sample, planted: int) -> None:
    assert isinstance(sample.op, Differentiable)
    checks = fails(sample, spoiled(sample.op, planted, scaled))
    (reverse,) = [check for check in checks if check.kind == "reverse"]
    assert "ratio 1.01;" in reverse.detail
    assert "expected " in reverse.detail
    assert 0.009 < reverse.max_rel_error < 0.011


@pytest.mark.parametrize("sample", dict.fromkeys(sample for sample, _ in SLOPING), ids=str)
def test_an_error_in_a_forward_rule_is_found(sample: Sample) -> None:
    assert isinstance(sample.op, Differentiable)
    found = fails(sample, SpoiledForward(sample.op))
    assert {check.kind for check in found} == {"forward"}


def has_curvature(sample: Sample) -> bool:
    """Whether the derivative by the first input is another one a little beside the sample's point."""
    assert isinstance(sample.op, Differentiable)
    return not np.allclose(gradient(sample, 0, sample.op), gradient(sample, 0, sample.op, beside=1e-4), rtol=1e-9, atol=1e-9)


CURVED = [sample for sample, i in CASES if i == 0 and sample == sample.op.samples()[0] and has_curvature(sample)]


def test_some_operations_have_curvature() -> None:
    names = {sample.op.name for sample in CURVED}
    assert {"multiply", "exp", "tanh", "conv2d"} <= names
    assert not {"add", "relu", "sum", "max_pool2d"} & names


@pytest.mark.parametrize("sample", CURVED, ids=str)
def test_a_rule_that_is_right_only_in_first_order_is_found(sample: Sample) -> None:
    assert isinstance(sample.op, Differentiable)
    kinds = {check.kind for check in fails(sample, spoiled(sample.op, 0, detached), CheckSettings())}
    assert "second reverse" in kinds
    assert "reverse" not in kinds
    assert "forward" not in kinds
