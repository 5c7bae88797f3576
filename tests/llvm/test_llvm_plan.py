"""Graphs that are awkward to plan: memory that is shared, values of several phases, outputs of no operation, long chains."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from support.agreement import check_graph, fed, var
from support.random_graphs import random_graph, random_values

from netcli.autodiff import gradients
from netcli.errors import ExecutorError
from netcli.executors import State, executor
from netcli.executors.llvm import LlvmExecutor
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.target import cpu
from netcli.graph import Graph, Node, TensorType, constant, layer, placeholder
from netcli.ops import (
    Window,
    absolute,
    batch_broadcast,
    batch_mean,
    batch_sum,
    broadcast,
    cast,
    conv2d,
    dense,
    first_maximum,
    greater,
    log_softmax,
    max_over,
    one_hot,
    relu,
    reshape,
    select,
    softmax,
    sum_over,
)
from netcli.ops.reduce import BatchSize

PADDED = Window((3, 3), padding=(1, 1, 1, 1))


# -------------------------------------------------------------------------------------------------------------------- memory


def with_gradients(y: Node) -> dict[str, Node]:
    """The mean of the squares, and its gradients."""
    loss = sum_over(batch_mean(y * y))
    variables = Graph({"loss": loss}).variables
    return {"loss": loss, **{f"d{i}": dx for i, dx in enumerate(gradients([loss], variables))}}


def test_a_padded_input_that_is_flattened_too() -> None:
    image = fed("image", 2, 6, 5)
    y = conv2d(image, var("k", 2, 2, 3, 3), PADDED)
    check_graph(
        LlvmExecutor(2),
        with_gradients(dense(reshape(y, (60,)), var("w", 60, 2)) + dense(reshape(image, (60,)), var("v", 60, 2))),
    )


def test_a_padded_value_that_is_flattened_too() -> None:
    inner = conv2d(fed("image", 2, 6, 5), var("k", 2, 2, 3, 3), PADDED)
    outer = conv2d(inner, var("l", 3, 2, 3, 3), PADDED)
    both = dense(reshape(inner, (60,)), var("w", 60, 2)) + dense(reshape(outer, (90,)), var("v", 90, 2))
    check_graph(LlvmExecutor(2), {"outer": outer, "inner": inner, **with_gradients(both)})


def test_a_reshape_that_is_padded() -> None:
    flat = fed("flat", 60)
    once = conv2d(reshape(flat, (2, 6, 5)), var("k", 2, 2, 3, 3), PADDED)
    computed = conv2d(reshape(flat * 2.0, (2, 6, 5)), var("l", 2, 2, 3, 3), PADDED)
    again = conv2d(reshape(reshape(once, (60,)), (3, 4, 5)), var("m", 2, 3, 3, 3), PADDED)
    check_graph(LlvmExecutor(2), {"once": once, "computed": computed, **with_gradients(again)})


def test_a_gradient_that_is_padded_and_reshaped() -> None:
    """Two padded convolutions and a dense layer, with nothing in between."""
    inner = conv2d(fed("image", 2, 6, 5), var("k", 2, 2, 3, 3), PADDED)
    outer = conv2d(inner, var("l", 3, 2, 3, 3), PADDED)
    check_graph(LlvmExecutor(2), with_gradients(dense(reshape(outer, (90,)), var("w", 90, 2))))


def test_reshapes_of_expressions() -> None:
    x = fed("x", 3, 4)
    twice = reshape(reshape(x * 2.0, (12,)), (2, 6)) + 1.0
    check_graph(
        LlvmExecutor(2),
        {"twice": twice, "squeezed": reshape(x, (3, 1, 4)) * 2.0, "rows": softmax(reshape(reshape(x + 1.0, (12,)), (6, 2)))},
    )


def test_broadcasts_over_the_batch_that_are_reshaped() -> None:
    m, x = var("m", 3, 4), fed("x", 2)
    check_graph(
        LlvmExecutor(2),
        {"flat": reshape(batch_broadcast(m, x), (12,)), "all": batch_broadcast(m, x), "s": batch_broadcast(var("s"), x)},
    )


def test_constants_that_are_arrays() -> None:
    x, w = fed("x", 3, 4), var("w", 12)
    pixels = cast(constant(np.arange(4).reshape(1, 4), "uint8"), "float32")
    check_graph(
        LlvmExecutor(2),
        {"x": x * constant(np.arange(4.0).reshape(1, 4)), "w": w * constant(np.arange(12.0)), "pixels": x * pixels},
    )


# -------------------------------------------------------------------------------------------------------------------- phases


def test_a_value_of_two_phases() -> None:
    x = fed("x", 3, 4) * 2.0
    check_graph(
        LlvmExecutor(2),
        {"shifted": x - batch_broadcast(batch_mean(x), x), **with_gradients(x * var("s") - batch_broadcast(batch_mean(x), x))},
    )


def test_many_phases() -> None:
    x = fed("x", 3)
    for _ in range(12):
        x = x * 0.99 - batch_broadcast(batch_mean(x), x)
    check_graph(LlvmExecutor(2), {"x": x})


def test_the_size_of_the_batch_in_a_wide_loop() -> None:
    size = Node(BatchSize(), (fed("x", 2),))
    check_graph(LlvmExecutor(2), {"w": var("w", 5000) * size, "size": size})


def test_uniform_values_along_an_axis() -> None:
    """Of wide and narrow values, read by both, more than one of them in a level."""
    m, s, w = var("m", 3, 4), var("s"), var("w", 40)
    weights = softmax(m * s)
    check_graph(
        LlvmExecutor(2),
        {
            "softmax": weights, "log": log_softmax(m), "twice": softmax(softmax(w) * 3.0), "scaled": w * softmax(w * 2.0),
            "max": max_over(m * m, -2), "first": first_maximum(m, -2) * s, "sum": sum_over(weights * m),
            "one": softmax(var("o", 1)), "flat": softmax(reshape(m * 2.0, (12,))), "varying": softmax(w) * fed("x", 40),
        },
        {w: w - 0.1 * softmax(w), s: sum_over(max_over(w) * w)},
    )  # fmt: skip


@pytest.mark.parametrize("make", [max_over, first_maximum])
@pytest.mark.parametrize("varying", [False, True])
def test_maxima_of_what_is_not_finite(make: Callable[[Node], Node], varying: bool) -> None:
    """NaN is the maximum, the first of them; the first of equal ones."""
    rows = np.array([[1, np.nan, 3, np.nan], [-np.inf] * 4, [np.inf, 1, np.inf, 2], [-0.0, 0.0, 0.0, -1]], "float32")
    x = placeholder("x", TensorType((4,) if varying else (4, 4), varying=varying))
    graph = Graph({"y": make(x)})
    found, expected = (runner.compile(graph).run(State({}), {"x": rows}) for runner in (LlvmExecutor(1), executor("numpy")))
    np.testing.assert_array_equal(found["y"], expected["y"])


def test_uniform_values() -> None:
    m, s, a = var("m", 3, 4), var("s"), var("a", 5)
    label = cast(absolute(s), "int32")
    check_graph(LlvmExecutor(2), {
        "rows": sum_over(m, (-1,)), "columns": sum_over(m, (-2,)), "all": sum_over(m), "squares": sum_over(a * a),
        "cut": select(greater(a, 0.0), a, s), "relu": relu(m), "wide": broadcast(var("c", 3, 1), (3, 40)),
        "outer": var("d", 3, 1) * var("e", 1, 4), "one hot": one_hot(label, 20, "float32"),
        "used": a * one_hot(label, 5, "float32"),
    })  # fmt: skip


@pytest.mark.parametrize("size", [1, 15, 16, 17, 1023, 40_000])
def test_sums_of_uniform_values(size: int) -> None:
    """One slice, several, and a last vector that is not full."""
    w = var("w", size)
    check_graph(
        LlvmExecutor(2),
        {"sum": sum_over(w), "squares": sum_over(w * w), "scaled": w / sum_over(absolute(w))},
        {w: w - 0.1 * w / (1.0 + sum_over(w * w))},
    )


# -------------------------------------------------------------------------------------------------------------------- chains


def test_long_chains() -> None:
    x, s = fed("x", 3), var("s")
    for number in range(500):
        x, s = relu(x + 0.01), s + 1 / (1.0 + number)
    check_graph(LlvmExecutor(2), {"x": batch_mean(x), "s": s})


def test_chains_of_what_is_computed_again_for_each_reader() -> None:
    x = fed("x", 3)
    for _ in range(40):
        x = x * cast(greater(x, 0.5), "float32") + x * 0.5
    check_graph(LlvmExecutor(2), {"x": x})


def test_memory_of_200_layers_does_not_grow_with_them() -> None:
    def local_floats(layers: int) -> int:
        x = fed("x", 16)
        for number in range(layers):
            x = dense(x, var(f"w{number}", 16, 16))
        plan = Plan(Graph({"loss": sum_over(batch_mean(x))}), cpu(), 16)
        return plan.floats["local"]

    assert local_floats(200) == local_floats(20)


def test_many_layers() -> None:
    x = fed("x", 4)
    for number in range(20):
        x = relu(dense(x, var(f"w{number}", 4, 4)) * 0.75)
    check_graph(LlvmExecutor(2), {"mean": batch_sum(x)})


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("last", [0, -3], ids=["all", "last"])
def test_random_graphs(seed: int, last: int) -> None:
    """Infinities and NaN among the values; with every value an output, and with few, so that most are inlined."""
    graph, (state, feeds) = random_graph(seed, "float32"), random_values(seed, "float32")
    graph = Graph(dict(list(graph.outputs.items())[last:]), graph.updates)
    feeds = {label: feeds[label] for label in graph.placeholders}
    found, expected = (runner.compile(graph).run(state.copy(), feeds) for runner in (LlvmExecutor(2), executor("numpy")))
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-4, err_msg=name)


# ------------------------------------------------------------------------------------------------------- what is not served


@pytest.mark.parametrize("varying", [False, True])
def test_numbers_of_64_bits(varying: bool) -> None:
    node = placeholder("x", TensorType((2,), varying=varying))
    with layer("precise"):
        wide = cast(node, "float64")
    with pytest.raises(ExecutorError) as caught:
        LlvmExecutor(1).compile(Graph({"y": sum_over(wide)}))
    assert caught.value.message == f"the llvm executor computes in float32: precise/cast is {wide.type}"
    assert caught.value.hint == "executor: numpy computes in float64"
