"""The reference executor: feeds, state, updates, guards, memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from netcli.errors import ExecutorError, UsageError
from netcli.executors import State, executor, initial_state
from netcli.graph import Array, DType, Graph, Node, Op, Sample, Shape, TensorType, placeholder, variable
from netcli.ops import batch_mean, dense, log, reshape, sum_over


@dataclass(frozen=True)
class Widening(Op):
    """Says float32 and computes float64."""

    def infer(self, *types: TensorType) -> TensorType:
        return types[0]

    def forward(self, xp: ModuleType, *arrays: Array) -> Array:
        return arrays[0].astype("float64")

    def flops(self, output: TensorType, *inputs: TensorType) -> int:
        return 0

    @classmethod
    def samples(cls) -> Sequence[Sample]:
        return ()


def normal(generator: np.random.Generator, shape: Shape) -> Array:
    return generator.standard_normal(shape)


def state_of(**values: object) -> State:
    return State({name: np.array(value, "float32") for name, value in values.items()})


def var(label: str, *shape: int) -> Node:
    return variable(label, shape, normal)


def run(graph: Graph, state: State, guards: Sequence[str] = (), **feeds: Array) -> dict[str, Array]:
    return executor("numpy").compile(graph, guards).run(state, feeds)


def test_outputs_by_name() -> None:
    x, w = placeholder("x", TensorType((2,), varying=True)), var("w", 2, 1)
    graph = Graph({"y": dense(x, w), "sum": sum_over(w)})
    outputs = run(graph, state_of(w=[[1.0], [10.0]]), x=np.array([[1, 2], [3, 4], [5, 6]], "float32"))
    assert outputs["y"].tolist() == [[21], [43], [65]]
    assert outputs["sum"].tolist() == 11


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_computes_in_the_dtype_of_the_graph(dtype: DType) -> None:
    x = placeholder("x", TensorType((), dtype, varying=True))
    third = run(Graph({"y": x / 3.0}), State({}), x=np.ones(1, dtype))["y"]
    assert third.dtype == dtype
    assert third[0] == np.ones(1, dtype)[0] / np.array(3, dtype)


def test_an_operation_that_computes_another_dtype_is_named() -> None:
    x = placeholder("x", TensorType((2,)))
    with pytest.raises(ExecutorError, match=r"<widening float32\[2\]> computed float64"):
        run(Graph({"y": Node(Widening(), (x,))}), State({}), x=np.ones(2, "float32"))


# --------------------------------------------------------------------------------------------------- feeds and state


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({}, "the graph needs x, float32[n,2], and it was not fed"),
        ({"x": np.ones((4, 3), "float32")}, "x is float32[n,2], and was fed float32[4,3]"),
        ({"x": np.ones(2, "float32")}, "x is float32[n,2], and was fed float32[2]"),
        ({"x": np.ones((4, 2), "float64")}, "x is float32[n,2], and was fed float64[4,2]"),
        ({"x": np.ones((0, 2), "float32")}, "the feeds of one batch have one length, at least 1, found [0]"),
    ],
)
def test_wrong_feeds(feeds: dict[str, Array], message: str) -> None:
    x = placeholder("x", TensorType((2,), varying=True))
    with pytest.raises(ExecutorError) as caught:
        run(Graph({"y": x + 1.0}), State({}), **feeds)
    assert caught.value.message == message


def test_one_number_for_a_batch_of_numbers() -> None:
    labels = placeholder("labels", TensorType((), "int32", varying=True))
    with pytest.raises(ExecutorError, match=r"labels is int32\[n\], and was fed int32\[\]"):
        run(Graph({"y": labels + 1}), State({}), labels=np.array(3, "int32"))


def test_feeds_of_different_lengths() -> None:
    x, y = (placeholder(label, TensorType((), varying=True)) for label in "xy")
    with pytest.raises(ExecutorError, match=r"one length, at least 1, found \[2, 3\]"):
        run(Graph({"sum": x + y}), State({}), x=np.ones(2, "float32"), y=np.ones(3, "float32"))


def test_a_variable_without_a_value() -> None:
    with pytest.raises(ExecutorError, match="the state has no value of w"):
        run(Graph({"y": var("w") + 1.0}), State({}))


def test_unknown_executors_are_refused_with_a_suggestion() -> None:
    with pytest.raises(UsageError) as caught:
        executor("nunpy")
    assert (caught.value.message, caught.value.hint) == ('unknown executor "nunpy"', 'did you mean "numpy"?')
    with pytest.raises(UsageError, match="unknown executor") as caught:
        executor("zzz")
    assert "numpy" in str(caught.value.hint)


# ----------------------------------------------------------------------------------------------------------- updates


def test_updates_are_written_into_the_arrays_of_the_state() -> None:
    w = var("w", 2)
    state = state_of(w=[1, 2])
    array = state.values["w"]
    run(Graph({}, {w: w * 10.0}), state)
    assert state.values["w"] is array
    assert array.tolist() == [10, 20]


def test_every_update_and_output_is_computed_from_the_old_state() -> None:
    a, b = var("a", 2), var("b", 2)
    state = state_of(a=[1, 2], b=[30, 40])
    outputs = run(Graph({"sum": a + b, "a": a}, {a: b, b: a}), state)
    assert (state.values["a"].tolist(), state.values["b"].tolist()) == ([30, 40], [1, 2])
    assert (outputs["sum"].tolist(), outputs["a"].tolist()) == ([31, 42], [1, 2])


def test_an_update_that_is_a_view_of_another_variable() -> None:
    a, b = var("a", 2, 1), var("b", 2)
    state = state_of(a=[[1], [2]], b=[3, 4])
    run(Graph({}, {a: reshape(b, (2, 1)), b: reshape(a, (2,))}), state)
    assert (state.values["a"].tolist(), state.values["b"].tolist()) == ([[3], [4]], [1, 2])


def test_outputs_do_not_change_with_the_state() -> None:
    w = var("w", 2)
    state = state_of(w=[1, 2])
    program = executor("numpy").compile(Graph({"w": w, "flat": reshape(w, (1, 2))}, {w: w + 1.0}))
    first = program.run(state, {})
    program.run(state, {})
    assert first["w"].tolist() == [1, 2]
    assert first["flat"].tolist() == [[1, 2]]


def test_a_copied_state_is_its_own() -> None:
    state = state_of(w=[1, 2])
    copy = state.copy()
    state.values["w"][0] = 7
    assert copy.values["w"].tolist() == [1, 2]


# ------------------------------------------------------------------------------------------------------------ guards


def guarded() -> tuple[Graph, Node]:
    """A counter that goes down by one a step, and its logarithm, which is not finite from 0 on."""
    w = var("w")
    return Graph({"loss": log(w), "w": w}, {w: w - 1.0}), w


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_guard_that_is_not_finite_keeps_the_state(value: float) -> None:
    graph, _ = guarded()
    state = state_of(w=value)
    assert not np.isfinite(run(graph, state, ["loss"])["loss"])
    assert state.values["w"] == value


def test_without_a_guard_the_state_moves_on() -> None:
    graph, _ = guarded()
    state = state_of(w=-1.0)
    run(graph, state)
    assert state.values["w"] == -2


def test_steps_end_at_a_guard_with_the_state_before_it() -> None:
    graph, _ = guarded()
    state = state_of(w=2.0)
    steps = list(executor("numpy").compile(graph, ["loss"]).steps(state, {}, [np.arange(1)] * 9))
    assert [step["w"].item() for step in steps] == [2, 1, 0]
    assert state.values["w"] == 0


# ------------------------------------------------------------------------------------------------------------- steps


def test_steps_gather_batches_by_index() -> None:
    x, w = placeholder("x", TensorType((), varying=True)), var("w")
    mean = batch_mean(x)
    program = executor("numpy").compile(Graph({"mean": mean, "w": w}, {w: w + mean}))
    state = state_of(w=0.0)
    data = {"x": np.array([1, 2, 3, 4, 50], "float32"), "not used": np.zeros(5)}
    batches = [np.array([3, 0]), np.array([1, 2]), np.array([4])]  # the last one is smaller
    steps = list(program.steps(state, data, batches))
    assert [(step["mean"].item(), step["w"].item()) for step in steps] == [(2.5, 0), (2.5, 2.5), (50, 5)]
    assert state.values["w"] == 55


def test_the_state_is_current_between_steps() -> None:
    w = var("w")
    state = state_of(w=0.0)
    steps = executor("numpy").compile(Graph({"w": w}, {w: w + 1.0})).steps(state, {}, [np.arange(1)] * 5)
    seen = [(next(steps), state.values["w"].item())[1] for _ in range(3)]
    assert seen == [1, 2, 3]
    assert state.values["w"] == 3  # nothing runs ahead of what was asked for


def test_data_that_is_missing() -> None:
    x = placeholder("x", TensorType((), varying=True))
    program = executor("numpy").compile(Graph({"y": x + 1.0}))
    with pytest.raises(ExecutorError, match="the graph needs x"):
        list(program.steps(State({}), {"y": np.ones(3, "float32")}, [np.arange(2)]))


# ----------------------------------------------------------------------------------------------------- initial state


def test_initial_values_depend_on_name_and_seed_only() -> None:
    a, b, other_a = var("a", 3), var("b", 2), var("a", 3)
    alone, among = initial_state([a], 5), initial_state([b, other_a], 5)
    np.testing.assert_array_equal(alone.values["a"], among.values["a"])
    assert not np.array_equal(alone.values["a"], initial_state([a], 6).values["a"])
    assert not np.array_equal(initial_state([var("c", 3)], 5).values["c"], alone.values["a"])


def test_initial_values_have_the_type_of_the_variable() -> None:
    transposed = variable("w", (2, 3), lambda generator, shape: np.arange(6.0).reshape(3, 2).T, dtype="float64")
    array = initial_state([transposed], 0).values["w"]
    assert (array.shape, array.dtype, array.flags.c_contiguous, array.flags.writeable) == ((2, 3), "float64", True, True)
    assert array.tolist() == [[0, 2, 4], [1, 3, 5]]
