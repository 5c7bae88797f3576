"""Kinks told from errors: on a kink, beside one, and wrong at one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike

from netcli.autodiff.gradcheck import Check, CheckSettings, check_graph
from netcli.autodiff.gradcheck.planted import OneElement, scaled, spoiled
from netcli.executors.numpy import values_of
from netcli.graph import Node, TensorType, constant, layer, placeholder
from netcli.ops import Window, absolute, greater, max_over, max_pool2d, relu, select, sum_over
from netcli.ops.arithmetic import Multiply
from netcli.ops.relu import Relu


def leaf(*shape: int, varying: bool = False) -> Node:
    return placeholder("x", TensorType(shape, "float64", varying))


def check(y: Node, x: Node, value: ArrayLike) -> dict[str, Check]:
    """The rows of first order by kind."""
    rows = check_graph(y, [x], {x: np.array(value, "float64")}, values_of, CheckSettings(second_order=False))
    return {row.kind: row for row in rows}


@pytest.mark.parametrize(
    ("function", "value", "where"),
    [
        (relu, [0.0, 1.0, -1.0], "relu of layer bend"),
        (lambda x: absolute(relu(x)), [0.0, 1.0, -1.0], "abs of layer bend"),
        (max_over, [2.0, 2.0, -1.0], "max of layer bend"),
    ],
)
def test_a_value_on_a_kink(function, value: list[float], where: str) -> None:
    x = leaf(3)
    with layer("bend"):
        y = function(x)
    row = check(y, x, value)["reverse"]
    assert row.verdict == "kink"
    assert "on a kink" in row.detail
    assert f"{where}: 1 element" in row.detail


def test_the_evidence_of_a_kink_is_what_changed_and_both_derivatives() -> None:
    x = leaf(3)
    with layer("bend", 7):
        y = relu(x) * 2.0
    row = check(sum_over(y), x, [1.0, 0.0, -1.0])["reverse"]
    evidence = row.evidence
    assert evidence is not None
    assert (evidence.element, evidence.found, dict(evidence.changed)) == ((1,), 0.0, {"relu of layer bend, line 7": 1})
    assert (evidence.left, evidence.right) == (pytest.approx(0.0), pytest.approx(2.0))
    assert row.detail.endswith("element [1]: left 0, right 2, found 0")


def test_a_kink_that_is_the_same_on_both_sides_passes() -> None:
    """The central difference of |x| at 0 is 0, and so is the gradient by convention."""
    x = leaf(2)
    assert check(absolute(x), x, [0.0, 1.0])["reverse"].verdict == "pass"


def test_a_tie_in_a_pooling_window_is_a_kink() -> None:
    x = leaf(1, 2, 2, varying=True)
    row = check(max_pool2d(x, Window((2, 2))), x, [[[[1.0, 3.0], [3.0, 0.0]]]])["reverse"]
    assert row.verdict == "kink"
    assert row.detail.startswith("2 of 4 on a kink")


def test_a_value_beside_a_kink_is_checked_with_a_smaller_step() -> None:
    """3e-6 is nearer to the kink than the step of 1e-5 is long."""
    x = leaf(3)
    row = check(relu(x), x, [3e-6, -4e-6, 1.0])["reverse"]
    assert row.verdict == "pass"
    assert row.detail == "2 of 3 beside a kink, right at a smaller step (relu: 1 element)"


def test_a_wrong_derivative_beside_a_kink_fails() -> None:
    """A slope of 1.01 · 0 or 1.01 · 1 lies between 0 and the 1.3 or so of a difference across the kink: no excuse."""
    x = leaf(2)
    y = Node(spoiled(Relu(), 0, scaled), (x,)) + relu(x) * 0.5
    row = check(sum_over(y), x, [3e-6, -1.0])["reverse"]
    assert row.verdict == "fail"
    assert "element [0]: expected 1.5" in row.detail
    assert "found 1.51" in row.detail


def test_a_wrong_derivative_on_a_kink_fails() -> None:
    """The slope at b = 0 of Σ relu(b + c) is 1 on the left and 2 on the right. 1.01 lies between them, and is wrong."""
    b, c = leaf(), np.array([0.0, 1.0, -1.0])
    for op, verdict in ((Relu(), "kink"), (spoiled(Relu(), 0, scaled), "fail")):
        y = sum_over(Node(op, (b + constant(c, "float64"),)))
        assert check(y, b, 0.0)["reverse"].verdict == verdict


def test_a_derivative_that_no_kink_allows_fails() -> None:
    x = leaf(2)
    wrong = select(greater(x, 0.0), x, select(greater(0.0, x), 0.0 * x, -x))  # at 0 its derivative is -1: outside of 0 … 1
    row = check(wrong, x, [0.0, 1.0])["reverse"]
    assert row.verdict == "fail"
    assert "element [0]" in row.detail


def test_projections_across_several_kinks_do_not_fail() -> None:
    """Along (+1, -1) from zero, relu(x₀) - relu(x₁) has one slope on both sides, and the gradient another."""
    x = leaf(200)
    signs = np.where(np.arange(200) % 2, 1.0, -1.0)
    row = check(sum_over(relu(x) * constant(signs, "float64")), x, np.zeros(200))["reverse"]
    assert row.verdict == "kink"


def test_one_wrong_element_makes_a_row_of_kinks_fail() -> None:
    x = leaf(4)
    y = relu(x) * Node(spoiled(Multiply(), 0, OneElement(3)), (x, x))
    row = check(y, x, [0.0, 0.0, 0.0, 2.0])["reverse"]
    assert row.verdict == "fail"
    assert "element [3]" in row.detail
    assert "1 of 4 derivatives wrong" in row.detail
