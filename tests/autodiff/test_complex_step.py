"""The complex step: on every operation, against derivatives known in closed form, at kinks, and where it does not apply."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from netcli.autodiff import gradients
from netcli.autodiff.gradcheck import Check, CheckSettings, check_graph, check_operation
from netcli.autodiff.gradcheck.complex_step import ComplexStep
from netcli.autodiff.gradcheck.function import Function
from netcli.autodiff.gradcheck.planted import Plant, scaled, spoiled
from netcli.executors.numpy import values_of
from netcli.graph import Array, Differentiable, Node, Sample, TensorType, placeholder, topological
from netcli.ops import Window, absolute, erf, exp, log, max_over, max_pool2d, operations, relu, sigmoid, softplus, sum_over
from netcli.ops.elementwise import Unary
from netcli.ops.sigmoid import Tanh

SAMPLES = [
    sample
    for operation in operations()
    if issubclass(operation, Differentiable)
    for sample in operation.samples()
    if any(argument.type.is_float for argument in sample.arguments)
]


def leaf(*shape: int, varying: bool = False) -> Node:
    return placeholder("x", TensorType(shape, "float64", varying))


def check(y: Node, x: Node, value: Array, *, second_order: bool = False) -> dict[str, Check]:
    rows = check_graph(y, [x], {x: value}, values_of, CheckSettings(second_order=second_order))
    return {row.kind: row for row in rows}


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_it_applies_to_every_operation_and_its_derivative(sample: Sample) -> None:
    """For each float input, in both orders, to eleven digits: a declaration that is missing would leave the row out."""
    rows = check_operation(sample, values_of)
    floats = sum(argument.type.is_float for argument in sample.arguments)
    for kind in ("complex", "second complex"):
        found = [row for row in rows if row.kind == kind]
        assert len(found) == floats
        assert all(row.verdict == "pass" and row.max_rel_error < 1e-11 for row in found)


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_on_ties_every_operation_is_on_the_branch_of_the_real_part(sample: Sample, value: float) -> None:
    """All elements alike, so that only imaginary parts tell them apart: were they looked at, x + ih and x - ih would differ."""
    given = {
        placeholder(f"x{i}", a.type): np.full_like(a.draw(np.random.default_rng(0), 3), value)
        for i, a in enumerate(sample.arguments)
    }
    y = Node(sample.op, given)
    for x in (x for x in given if x.type.is_float):
        (gradient,) = gradients([y], [x], unconnected="zero")
        known = dict(zip(nodes := topological([y, gradient]), values_of(nodes, given), strict=True))
        generator = np.random.default_rng(1)
        weights, direction = generator.normal(size=known[y].shape), generator.normal(size=known[x].shape)
        step = ComplexStep(Function(x, [(y, weights)], gradient, known, values_of))
        with np.errstate(all="ignore"):
            up, down = step.slope(direction), step.slope(-direction)
        if np.isfinite(up.expected):
            assert up.expected == pytest.approx(-down.expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("function", "at", "derivative"),
    [
        (lambda x: exp(x) / (x * x), 1.5, math.exp(1.5) * (1.5 - 2) / 1.5**3),
        (lambda x: log(x) * x, 0.7, math.log(0.7) + 1),
        (sigmoid, -800.0, 0.0),
        (softplus, 0.0, 0.5),
        (softplus, 40.0, 1 / (1 + math.exp(-40.0))),
        (erf, 0.46875, 2 / math.sqrt(math.pi) * math.exp(-(0.46875**2))),
        (erf, -5.0, 2 / math.sqrt(math.pi) * math.exp(-25.0)),
        (relu, 0.0, 0.0),
        (absolute, 0.0, 0.0),
        (absolute, -2.0, -1.0),
    ],
)
def test_derivatives_worked_out_by_hand(function: Callable[[Node], Node], at: float, derivative: float) -> None:
    """What the row expected is told where the rule is wrong, so a wrong one is added."""
    x = leaf()
    assert check(function(x), x, np.array(at))["complex"].verdict == "pass"
    seen = check(function(x) + _nothing_but_wrong(x, 1e-3), x, np.array(at))["complex"]
    assert seen.evidence is not None
    assert seen.evidence.expected == pytest.approx(derivative, rel=1e-13, abs=1e-15)
    assert seen.evidence.found == pytest.approx(derivative + 1e-3, rel=1e-13)


def _off_by(shift: float) -> Plant:
    return lambda x, dx: (dx if dx is not None else x * 0.0) + shift


def _nothing_but_wrong(x: Node, shift: float) -> Node:
    """0 for every x, with the derivative `shift`."""
    return Node(spoiled(Nothing(), 0, _off_by(shift)), (x,))


@dataclass(frozen=True)
class Nothing(Unary):
    """0 · x."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0] * 0

    def derivative(self, node: Node) -> Node:
        return node * 0.0


def test_an_error_that_differences_cannot_see_is_found() -> None:
    """A billionth of the derivative: differences allow a millionth."""
    x = leaf(3)

    def slightly(_: Node, dx: Node | None) -> Node:
        assert dx is not None
        return dx * (1 + 1e-9)

    rows = check(sum_over(Node(spoiled(Tanh(), 0, slightly), (x,))), x, np.array([0.3, -0.2, 0.5]))
    assert (rows["reverse"].verdict, rows["complex"].verdict, rows["forward"].verdict) == ("pass", "fail", "fail")
    assert rows["complex"].evidence is not None
    assert rows["complex"].evidence.found / rows["complex"].evidence.expected == pytest.approx(1 + 1e-9, rel=1e-13)


def test_on_a_kink_it_has_the_derivative_of_the_branch() -> None:
    """Differences allow any between left and right; the complex step is that of x > 0, and of the first maximum."""
    x = leaf(3)
    assert check(sum_over(relu(x)), x, np.array([0.0, 1.0, -1.0]))["complex"].verdict == "pass"
    assert check(max_over(x), x, np.array([2.0, 2.0, 1.0]))["complex"].verdict == "pass"
    image = leaf(1, 2, 2, varying=True)
    rows = check(max_pool2d(image, Window((2, 2))), image, np.array([[[[1.0, 3.0], [3.0, 0.0]]]]))
    assert (rows["reverse"].verdict, rows["complex"].verdict) == ("kink", "pass")


@dataclass(frozen=True)
class Size(Unary):
    """|x|², written so that complex numbers lose their imaginary part."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return abs(arrays[0]) ** 2

    def derivative(self, node: Node) -> Node:
        return node.inputs[0] * 2.0


class Hidden(Size):
    """The same, hidden from the dtype."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return abs(arrays[0]) ** 2 + 0 * arrays[0]


class Rounded(Size):
    """numpy has no cube root of complex numbers."""

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return xp.cbrt(arrays[0] ** 6)


@pytest.mark.parametrize("op", [Size(), Hidden(), Rounded()])
def test_where_it_does_not_apply_it_says_so_and_nothing_fails(op: Size) -> None:
    x = leaf(3)
    rows = check(sum_over(Node(op, (x,))), x, np.array([0.5, -1.0, 2.0]))
    assert list(rows) == ["reverse", "forward"]
    assert {row.verdict for row in rows.values()} == {"pass"}
    assert "complex step" in rows["reverse"].detail


def test_a_wrong_rule_fails_in_both() -> None:
    x = leaf(3)
    rows = check(sum_over(Node(spoiled(Tanh(), 0, scaled), (x,))), x, np.array([0.5, -1.0, 2.0]))
    assert {rows[kind].verdict for kind in ("reverse", "complex", "forward")} == {"fail"}
