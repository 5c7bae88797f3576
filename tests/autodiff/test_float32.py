"""What an executor computes in float32: planted errors are found, rounding and kinks are told from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from support.networks import first_state, label, model_of, shaken

from netcli.autodiff import gradients
from netcli.autodiff.gradcheck import Check, Evaluate, check_float32, check_operations_float32
from netcli.autodiff.gradcheck.rounding import Reference
from netcli.executors.numpy import leaf_values, values_of
from netcli.graph import Array, Graph, Node, Op, TensorType, layer, placeholder, variable
from netcli.ops import Window, batch_sum, exp, max_pool2d, operations, relu, sum_over
from netcli.ops.dense import DenseWeightGrad
from netcli.ops.reduce import BatchSize, BatchSum, Sum
from netcli.ops.relu import Relu

NETWORKS = {
    "images": ("conv: {filters: 4, padding: same}, relu, maxpool: 2, flatten, dense: 3, softmax, cross_entropy", (2, 6, 6)),
    "normed": (
        "dense: {units: 16, weight_decay: 0.1}, batchnorm, gelu, dropout: 0.3, dense: 3, log_softmax, cross_entropy",
        (7,),
    ),
    "values": ("dense: {units: 9, l1: 0.01}, layernorm, tanh, dense: 3, sigmoid, mse", (7,)),
}
every_stack = pytest.mark.parametrize("name", NETWORKS)


def wanted(name: str, examples: int = 20) -> tuple[dict[str, Node], dict[Node, Array]]:
    """The gradients of a network's parameters, and values of its leaves."""
    text, shape = NETWORKS[name]
    model = model_of(f"[{text}]", shape, classes=3, dtype="float32")
    found = gradients([model.training.objective], model.parameters)
    nodes = dict(zip(map(label, model.parameters), found, strict=True))
    generator = np.random.default_rng(0)
    feeds = {
        "input": generator.normal(size=(examples, *shape)).astype("float32"),
        "target": generator.integers(0, 3, examples).astype("int32"),
    }
    return nodes, leaf_values(Graph(nodes), shaken(first_state(model), model, generator), feeds)


def verdicts(checks: Sequence[Check]) -> dict[str, str]:
    return {check.name: check.verdict for check in checks}


# ------------------------------------------------------------------------------------------------------------------ rounding


@every_stack
@pytest.mark.parametrize("examples", [1, 20, 300])
def test_rounding_is_no_error(name: str, examples: int) -> None:
    nodes, leaves = wanted(name, examples)
    for check in check_float32(nodes, leaves, values_of):
        assert check.verdict == "pass", check
        assert check.precision is not None
        # a bias in front of a batchnorm has the gradient 0
        assert check.precision.digits > 4 or "zero but for rounding" in check.detail, check
        assert 0 <= check.precision.share <= 1


def test_every_operation_passes_with_a_row_each() -> None:
    rows = [row for rows in check_operations_float32(values_of) for row in rows]
    assert {row.name for row in rows} == {op.samples()[0].op.name for op in operations() if op.samples()}
    assert {(row.kind, row.verdict) for row in rows} == {("float32", "pass")}
    assert all(row.precision is not None and row.precision.digits > 5 for row in rows)


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("length", [1, 10, 1000, 100_000])
@pytest.mark.parametrize("positive", [False, True])
def test_sums_in_any_order_are_within_their_bounds(length: int, positive: bool, shuffled: bool) -> None:
    """One number added after the other, which rounds as often as any order does."""
    x = placeholder("x", TensorType((length,)))
    values = np.random.default_rng(length).normal(size=length).astype("float32")
    values = np.abs(values) if positive else values
    reference = Reference([sum_over(x)], {x: values if shuffled else np.sort(values)})
    found = np.cumsum(values, dtype="float32")[-1]
    (exact,), (bound,) = reference.values(), reference.bounds
    assert abs(found - exact) <= bound
    assert bound < 1e-3 * np.abs(values).sum()


# -------------------------------------------------------------------------------------------------------------------- errors


def spoiled(change: Callable[[Array], None], which: Node) -> Evaluate:
    """An executor that computes one node wrong."""

    def compute(nodes: Sequence[Node], given: Mapping[Node, Array]) -> list[Array]:
        found = [np.array(value) for value in values_of(nodes, given)]
        for node, value in zip(nodes, found, strict=True):
            if node is which:
                change(value)
        return found

    return compute


@every_stack
def test_one_element_that_is_wrong_by_a_thousandth_is_found_and_named(name: str) -> None:
    nodes, leaves = wanted(name)
    for parameter, gradient in nodes.items():
        (right,) = values_of([gradient], leaves)
        place = int(np.abs(right).argmax())
        if abs(right.flat[place]) < 1e-5:
            assert (name, parameter) == ("normed", "dense1/bias")  # in front of the batchnorm
            continue

        def change(found: Array, place: int = place) -> None:
            found.flat[place] *= 1.001

        checks = check_float32(nodes, leaves, spoiled(change, gradient))
        assert verdicts(checks) == {other: "fail" if other == parameter else "pass" for other in nodes}
        (row,) = [check for check in checks if check.verdict == "fail"]
        index = [int(i) for i in np.unravel_index(place, right.shape)]
        assert row.detail.startswith(f"element {index}: expected "), row.detail
        assert "ratio 1.001" in row.detail
        assert f"1 of {right.size} elements wrong" in row.detail
        assert row.max_rel_error == pytest.approx(1e-3, rel=0.01)
        assert row.precision is not None
        assert row.precision.digits == pytest.approx(3, abs=0.01)


@every_stack
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_wrong(name: str, value: float) -> None:
    nodes, leaves = wanted(name)

    def change(found: Array) -> None:
        found.flat[0] = value

    row = check_float32(nodes, leaves, spoiled(change, list(nodes.values())[-1]))[-1]
    assert (row.verdict, row.max_abs_error) == ("fail", np.inf)
    assert row.precision is not None
    assert (row.precision.digits, row.precision.worst_digits) == (0, 0)


def in_float32_only(monkeypatch: pytest.MonkeyPatch, op: type[Op], wrong: Callable[[Array], Array]) -> None:
    """Plant an error in an operation's float32 results."""
    right = op.forward

    def forward(self, xp, *arrays):
        value = np.asarray(right(self, xp, *arrays))
        return wrong(value) if value.dtype == "float32" else value

    monkeypatch.setattr(op, "forward", forward)


def test_a_term_that_is_left_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the 300 examples, the last one is missing in the weight gradients of dense layers."""
    right = DenseWeightGrad.forward

    def without_last(self, xp, x, g):
        return right(self, xp, x[:-1], g[:-1]) if x.dtype == "float32" else right(self, xp, x, g)

    nodes, leaves = wanted("images", 300)
    monkeypatch.setattr(DenseWeightGrad, "forward", without_last)
    found = verdicts(check_float32(nodes, leaves, values_of))
    assert found == {name: "fail" if name == "dense1/weight" else "pass" for name in nodes}


@every_stack
def test_a_missing_batch_size_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    nodes, leaves = wanted(name)
    in_float32_only(monkeypatch, BatchSize, np.ones_like)
    checks = check_float32(nodes, leaves, values_of)
    assert {check.verdict for check in checks if "dense2" in check.name or "conv1" in check.name} == {"fail"}


@pytest.mark.parametrize("op", [Relu, Sum, BatchSum])
def test_errors_of_a_ten_thousandth_in_an_operation_are_found(op: type[Op], monkeypatch: pytest.MonkeyPatch) -> None:
    in_float32_only(monkeypatch, op, lambda value: value * np.float32(1.0001))
    failed = {row.name for rows in check_operations_float32(values_of) for row in rows if row.verdict == "fail"}
    assert op.samples()[0].op.name in failed
    assert "exp" not in failed


# --------------------------------------------------------------------------------------------------------------------- kinks


def nearly_zero() -> tuple[dict[str, Node], dict[Node, Array]]:
    """Σ relu((x + b) - 1) · w, where x + b is a little more than 1: in float32 it is 1, and relu'(0) = 0."""
    x = placeholder("x", TensorType((3,), varying=True))
    b, w = (variable(name, (3,), lambda generator, shape: np.zeros(shape)) for name in ("b", "w"))
    with layer("bend"):
        bent = relu((x + b) - 1.0)
    y = batch_sum(sum_over(bent * w))
    nodes = dict(zip("bw", gradients([y], [b, w]), strict=True))
    values = np.array([[1.0, 0.5, 3.0], [2.0, 0.5, 0.7]], "float32")
    return nodes, {x: values, b: np.array([1e-9, 0.1, -0.3], "float32"), w: np.array([1.1, 0.7, 1.3], "float32")}


#: The select is relu's derivative.
OTHER_SIDE = "in float32 on another side of a kink: relu of layer bend: 1 element, select of layer bend: 1 element"


def test_another_side_of_a_kink_is_no_error() -> None:
    nodes, leaves = nearly_zero()
    b, w = check_float32(nodes, leaves, values_of)
    assert b.verdict == "kink"
    assert b.detail == f"{OTHER_SIDE}; right on that side"
    assert w.verdict == "pass"


def test_an_error_beside_a_kink_is_an_error() -> None:
    nodes, leaves = nearly_zero()

    def change(found: Array) -> None:
        found[..., 2] *= 1.001

    b, _ = check_float32(nodes, leaves, spoiled(change, nodes["b"]))
    assert b.verdict == "fail"
    assert b.detail.startswith("element [2]: expected 1.29999995 ± ")
    assert b.detail.endswith(f"1 of 3 elements wrong ({OTHER_SIDE})")


def test_another_maximum_of_a_window_is_no_error() -> None:
    """The second of two numbers is the greater one, by less than float32 sees."""
    x = placeholder("x", TensorType((1, 1, 2), varying=True))
    shift = variable("shift", (1, 1, 2), lambda generator, shape: np.zeros(shape))
    y = batch_sum(sum_over(exp(max_pool2d(x + shift, Window((1, 2))))))
    leaves = {x: np.ones((1, 1, 1, 2), "float32"), shift: np.array([[[0.0, 1e-9]]], "float32")}
    (row,) = check_float32({"shift": gradients([y], [shift])[0]}, leaves, values_of)
    assert row.verdict == "kink"
    assert "max_pool2d" in row.detail


def test_bounds_are_those_of_one_side() -> None:
    """However near a kink is, no bound is as large as the jump there."""
    nodes, leaves = nearly_zero()
    assert max(bound.max() for bound in Reference(list(nodes.values()), leaves).bounds) < 1e-4
