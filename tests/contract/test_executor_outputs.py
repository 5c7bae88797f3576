"""Every executor: outputs that no operation computes, and updates that read each other."""

from __future__ import annotations

import numpy as np
from support.agreement import check_graph, fed, var

from netcli.executors import Executor, State
from netcli.graph import Graph, constant
from netcli.ops import (
    absolute,
    cast,
    greater,
    reshape,
)

# --------------------------------------------------------------------------------------- outputs that are computed by nobody


def test_outputs_that_are_inputs(runner: Executor) -> None:
    check_graph(
        runner,
        {
            "x": fed("x", 3, 4),
            "label": fed("label", dtype="int32"),
            "pixels": fed("pixels", 4, dtype="uint8"),
            "b": fed("b", dtype="bool"),
        },
    )


def test_outputs_that_are_variables_show_the_old_state(runner: Executor) -> None:
    a, s, n = var("a", 5), var("s"), var("n", dtype="uint32")
    check_graph(runner, {"a": a, "s": s, "n": n, "flat": reshape(a, (5, 1))}, {a: a + 1.0, s: s * 2.0, n: n + 1})


def test_outputs_that_are_constants(runner: Executor) -> None:
    check_graph(
        runner, {"array": constant(np.arange(6.0).reshape(2, 3)), "number": constant(3.5), "integer": constant(3, "int32")}
    )


def test_outputs_that_are_reshapes(runner: Executor) -> None:
    x, w = fed("x", 3, 4), var("w", 12)
    check_graph(
        runner,
        {"x": reshape(x, (2, 6)), "w": reshape(w, (3, 4)), "one": reshape(var("s"), (1, 1)), "wide": reshape(x, (1, 3, 4, 1))},
    )


def test_the_same_value_twice(runner: Executor) -> None:
    s, x = var("s"), fed("x", 3)
    check_graph(runner, {"a": s * 2.0, "b": s * 2.0, "c": x * 2.0, "d": x * 2.0})


def test_scalars_have_their_dtype_and_shape(runner: Executor) -> None:
    n, i, s = var("n", dtype="uint32"), var("i", 3, dtype="int32"), var("s")
    check_graph(
        runner,
        {
            "n": n + 1,
            "i": i + 1,
            "c": cast(s, "int32"),
            "u": cast(absolute(s), "uint8"),
            "b": greater(s, 0.0),
            "1": var("o", 1) * 2.0,
        },
    )


def test_large_counters_keep_their_bits(runner: Executor) -> None:
    n = var("n", dtype="uint32")
    graph = Graph({"n": n}, {n: n + 1})
    state = State({"n": np.array(2**32 - 1, "uint32")})
    program = runner.compile(graph)
    assert program.run(state, {})["n"] == 2**32 - 1
    assert program.run(state, {})["n"] == 0
    assert state.values["n"] == 1


# ------------------------------------------------------------------------------------------------------------------- updates


def test_variables_that_change_places(runner: Executor) -> None:
    a, b = var("a", 5), var("b", 5)
    check_graph(runner, {"a": a}, {a: b, b: a})


def test_variables_that_change_places_reshaped(runner: Executor) -> None:
    m, w, v = var("m", 3, 4), var("w", 12), var("v", 12)
    check_graph(runner, {}, {m: reshape(v, (3, 4)), w: reshape(m, (12,)), v: w})


def test_a_variable_that_stays(runner: Executor) -> None:
    a, b = var("a", 5), var("b", 5)
    check_graph(runner, {}, {a: a, b: a + b})
