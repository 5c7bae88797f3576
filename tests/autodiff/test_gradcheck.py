"""Rows of the gradient check: right derivatives, large parameters, what cannot be checked, operations."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import ArrayLike
from planted import Ruleless

from netcli.autodiff.gradcheck import Check, CheckSettings, check_graph, check_operation, check_operations, merged
from netcli.autodiff.gradcheck.planted import OneElement, spoiled
from netcli.errors import GraphError, MissingRuleError
from netcli.executors.numpy import values_of
from netcli.graph import Differentiable, Node, Op, Sample, TensorType, constant, layer, placeholder, varying
from netcli.ops import (
    batch_mean,
    cast,
    dense,
    exp,
    log_softmax,
    operations,
    sin,
    sum_over,
)
from netcli.ops.arithmetic import Multiply
from netcli.ops.dense import Dense

FIRST = CheckSettings(second_order=False)


def leaf(*shape: int, varying: bool = False) -> Node:
    return placeholder("x", TensorType(shape, "float64", varying))


def check(y: Node, x: Node, value: ArrayLike, settings: CheckSettings = FIRST) -> dict[str, Check]:
    """The rows by kind."""
    rows = check_graph(y, [x], {x: np.array(value, "float64")}, values_of, settings)
    return {row.kind: row for row in rows}


# ------------------------------------------------------------------------------------------------------------ right


def test_rows_of_a_right_derivative() -> None:
    x = leaf(3)
    rows = check(sum_over(exp(x) * x), x, [0.1, -0.5, 2.0], CheckSettings())
    assert list(rows) == ["reverse", "complex", "forward", "second reverse", "second complex", "second forward"]
    for row in rows.values():
        assert (row.verdict, row.name, row.elements, row.detail) == ("pass", "x", 3, "")
        assert row.max_rel_error < 1e-7


def test_several_leaves_are_also_moved_together() -> None:
    x, w = placeholder("x", TensorType((4,), "float64", varying=True)), placeholder("w", TensorType((4, 2), "float64"))
    generator = np.random.default_rng(0)
    values = {x: generator.normal(size=(3, 4)), w: generator.normal(size=(4, 2))}
    rows = check_graph(dense(x, w), [x, w], values, values_of)
    assert [(row.name, row.kind) for row in rows] == [
        ("x", "reverse"), ("x", "complex"), ("x", "forward"), ("w", "reverse"), ("w", "complex"), ("w", "forward"),
        ("all together", "forward"),
        ("x", "second reverse"), ("x", "second complex"), ("x", "second forward"),
        ("w", "second reverse"), ("w", "second complex"), ("w", "second forward"), ("all together", "second forward"),
    ]  # fmt: skip
    assert {row.verdict for row in rows} == {"pass"}
    assert [row.elements for row in rows[:7]] == [12, 12, 12, 8, 8, 8, 20]


@pytest.mark.parametrize(
    ("value", "scale"),
    [(1.0, 1.0), (1e6, 1e-12), (1e-6, 1e6), (0.0, 1e5), (-3e4, 1.0)],
)
def test_arguments_of_any_size(value: float, scale: float) -> None:
    """x³ has the third derivative 6·scale, also where its first is zero."""
    x = leaf()
    assert check(x * x * x * scale, x, value)["reverse"].verdict == "pass"


def test_a_fast_oscillation_needs_the_extrapolation() -> None:
    """Where the slope of sin(300 x) is zero, its second difference is not, nor its third."""
    x = leaf(5)
    points = (math.pi / 2 + np.array([0.0, 0.01, 0.02, 0.1, 1.0])) / 300
    assert check(sin(x * 300.0), x, points)["reverse"].verdict == "pass"


def test_the_check_is_the_same_every_time() -> None:
    x = leaf(40, 10)
    value = np.random.default_rng(2).normal(size=(40, 10))
    y = sum_over(exp(x))
    assert check(y, x, value) == check(y, x, value)
    other = check(y, x, value, CheckSettings(second_order=False, seed=1))
    assert other["reverse"].max_abs_error != check(y, x, value)["reverse"].max_abs_error


# ------------------------------------------------------------------------------------------------- large parameters


@pytest.mark.parametrize("element", [0, 777, 1199])
def test_one_wrong_element_of_many_is_found_and_located(element: int) -> None:
    """One derivative in 1,200 wrong by a hundredth; 32 elements and 8 projections are looked at."""
    x, w = (
        placeholder("x", TensorType((40,), "float64", varying=True)),
        placeholder("dense/weight", TensorType((40, 30), "float64")),
    )
    generator = np.random.default_rng(5)
    values = {x: generator.normal(size=(4, 40)), w: generator.normal(size=(40, 30)) * 0.2}

    def loss(op: Op) -> Node:
        return batch_mean(-sum_over(log_softmax(Node(op, (x, w)))))

    right, wrong = (
        check_graph(loss(op), [w], values, values_of, FIRST) for op in (Dense(), spoiled(Dense(), 1, OneElement(element)))
    )
    assert {row.verdict for row in right} == {"pass"}
    reverse = next(row for row in wrong if row.kind == "reverse")
    assert (reverse.name, reverse.verdict, reverse.elements) == ("dense/weight", "fail", 32)
    assert f"element {[element // 30, element % 30]}: expected" in reverse.detail
    assert "ratio 1.01;" in reverse.detail


def test_tolerance_does_not_grow_with_the_size() -> None:
    """The same error in one element, in 10 and in 100,000 elements."""
    for n in (10, 100_000):
        x = leaf(n)
        row = check(sum_over(Node(spoiled(Multiply(), 0, OneElement(n - 1)), (x, x))), x, np.full(n, 1e-3))["reverse"]
        assert row.verdict == "fail", n
        assert f"element [{n - 1}]" in row.detail


# ----------------------------------------------------------------------------------------- what cannot be told or done


def test_what_is_not_finite_fails() -> None:
    x = leaf(2)
    for y in (x / (x - 1.0), exp(x * 1e3)):
        rows = check(y, x, [1.0, 2.0])
        assert rows["reverse"].verdict == rows["forward"].verdict == "fail"
        assert rows["reverse"].max_abs_error == math.inf


def test_a_difference_that_overflows_fails() -> None:
    """e^709.78 is just below the greatest number, and its derivative too; a step further is infinity."""
    x = leaf()
    rows = check(exp(x), x, 709.782)
    assert (rows["reverse"].verdict, rows["forward"].verdict) == ("fail", "pass")


def test_derivatives_too_small_to_confirm_are_mentioned() -> None:
    x = leaf(2)
    row = check(sum_over(x) * 1e-13 + 1.0, x, [1.0, 0.5])["reverse"]
    assert row.verdict == "pass"
    assert row.detail == "derivatives of at most 1.0e-13 are too small for differences to confirm"


def test_float32_is_refused() -> None:
    x = placeholder("x", TensorType((2,)))
    with pytest.raises(GraphError, match=r"gradients are checked in float64: placeholder x is float32\[2\]"):
        check_graph(exp(x), [x], {x: np.ones(2, "float32")}, values_of)
    y = leaf(2)
    with pytest.raises(GraphError, match="checked in float64: cast of layer half is float32"), layer("half"):
        check_graph(cast(cast(y, "float32"), "float64"), [y], {y: np.ones(2)}, values_of)


def test_values_must_be_there_and_fit() -> None:
    x, w = leaf(2), placeholder("w", TensorType((2,), "float64"))
    with pytest.raises(GraphError, match="placeholder w has no value"):
        check_graph(x * w, [x], {x: np.ones(2)}, values_of)
    with pytest.raises(GraphError, match=r"placeholder x is float64\[2\], and was given float64\[3\]"):
        check_graph(exp(x), [x], {x: np.ones(3)}, values_of)
    with pytest.raises(GraphError, match=r"and was given int64\[2\]"):
        check_graph(exp(x), [x], {x: np.ones(2, "int64")}, values_of)


def test_gradients_are_checked_with_respect_to_leaves() -> None:
    x = leaf(2)
    with pytest.raises(GraphError, match="with respect to placeholders and variables of floats, found <exp"):
        check_graph(exp(x) * 2.0, [exp(x)], {x: np.ones(2)}, values_of)


def test_a_missing_rule_is_an_error() -> None:
    x = leaf(2)
    with pytest.raises(MissingRuleError, match="ruleless has no derivative rule"):
        check(sum_over(Node(Ruleless(), (x,))), x, [1.0, 2.0])


# ------------------------------------------------------------------------------------------------------- operations


def test_an_operation_without_rules_is_checked_for_its_type() -> None:
    (row,) = check_operation(Sample(Ruleless(), (varying(3),)), values_of)
    assert (row.kind, row.verdict, row.elements) == ("type", "pass", 9)
    assert "not differentiable" in row.detail


class Lying(Ruleless, Differentiable):  # type: ignore[misc]
    """Infers one axis more than it computes, and has rules that cannot be built."""

    def __init__(self, extra: tuple[int, ...]) -> None:
        self.extra = extra

    def infer(self, *types: TensorType) -> TensorType:
        return types[0].with_shape((*self.extra, *types[0].shape))

    def vjp(self, node: Node, g: Node) -> tuple[Node | None, ...]:
        return (g + constant(np.ones(17), "float64"),)

    def jvp(self, node: Node, tangents: tuple[Node | None, ...]) -> Node | None:
        return None


def test_an_operation_that_computes_another_type_fails() -> None:
    (row,) = check_operation(Sample(Lying((1,)), (varying(3),)), values_of)
    assert (row.kind, row.verdict) == ("type", "fail")
    assert row.detail == "inferred float64[n,1,3], computed float64[3, 3] for a batch of 3"


def test_a_rule_that_cannot_be_built_fails() -> None:
    _, row = check_operation(Sample(Lying(()), (varying(3),)), values_of)
    assert (row.kind, row.verdict) == ("reverse", "fail")
    assert "cannot broadcast" in row.detail


def test_every_operation_has_its_rows() -> None:
    found = list(check_operations(values_of, FIRST))
    assert [rows[0].name for rows in found] == [operation.samples()[0].op.name for operation in operations()]
    assert {row.verdict for rows in found for row in rows} == {"pass"}
    assert {tuple(row.kind for row in rows) for rows in found} == {("type",), ("type", "reverse", "complex", "forward")}


def test_merged_rows_keep_the_worst() -> None:
    rows = [
        Check("a", "reverse", "pass", 1.0, 0.1, 3),
        Check("b", "reverse", "kink", 2.0, 0.2, 4, "near relu"),
        Check("b", "forward", "pass", 0.5, 0.0, 4),
    ]
    assert merged("op", rows) == [
        Check("op", "reverse", "kink", 2.0, 0.2, 7, "b: near relu"),
        Check("op", "forward", "pass", 0.5, 0.0, 4),
    ]
    assert merged("op", [*rows, Check("c", "reverse", "fail", 9.0, 0.9, 1, "wrong")])[0] == Check(
        "op", "reverse", "fail", 9.0, 0.9, 8, "c: wrong"
    )
