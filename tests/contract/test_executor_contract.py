"""What every executor promises of feeds, data, state, guards and steps: see netcli/executors/executor.py."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from support.networks import first_state, model_of
from support.training import rule_of, step_of

from netcli.errors import ExecutorError
from netcli.executors import Executor, State, executor
from netcli.graph import Array, DType, Graph, Node, TensorType, placeholder, variable
from netcli.layers.stack import Model
from netcli.ops import batch_mean, cast, dense, log, reshape, sum_over


def var(label: str, *shape: int) -> Node:
    """A variable of float32."""
    return variable(label, shape, lambda generator, shape: generator.normal(size=shape))


def fed(label: str, *shape: int, dtype: DType = "float32") -> Node:
    """A varying input."""
    return placeholder(label, TensorType(shape, dtype, varying=True))


def state_of(**values: object) -> State:
    """Variables of float32."""
    return State({name: np.array(value, "float32") for name, value in values.items()})


def same_bits(one: State, other: State) -> None:
    """The variables of both are equal, bit for bit."""
    assert one.values.keys() == other.values.keys()
    for name, value in one.values.items():
        assert value.tobytes() == other.values[name].tobytes(), name


def run(runner: Executor, graph: Graph, state: State, guards: Sequence[str] = (), **feeds: Array) -> dict[str, Array]:
    """One batch."""
    return runner.compile(graph, guards).run(state, feeds)


# ------------------------------------------------------------------------------------------------------------ who it is


def test_it_has_the_name_that_asks_for_it(runner: Executor) -> None:
    assert executor(runner.name).name == runner.name
    assert type(executor(runner.name)) is type(runner)


def test_its_fingerprint_is_the_same_each_time(runner: Executor) -> None:
    assert runner.fingerprint
    assert runner.fingerprint == executor(runner.name).fingerprint


# ------------------------------------------------------------------------------------------------------ feeds and outputs


def test_outputs_by_name(runner: Executor) -> None:
    x, w = fed("x", 2), var("w", 2, 1)
    graph = Graph({"y": dense(x, w), "sum": sum_over(w)})
    outputs = run(runner, graph, state_of(w=[[1.0], [10.0]]), x=np.array([[1, 2], [3, 4], [5, 6]], "float32"))
    assert outputs["y"].tolist() == [[21], [43], [65]]
    assert outputs["sum"].tolist() == 11


FEEDS: list[tuple[dict[str, Array], str]] = [
    ({}, "the graph needs x, float32[n,2], and it was not fed"),
    ({"x": np.ones((4, 3), "float32")}, "x is float32[n,2], and was fed float32[4,3]"),
    ({"x": np.ones(2, "float32")}, "x is float32[n,2], and was fed float32[2]"),
    ({"x": np.ones((4, 2), "float64")}, "x is float32[n,2], and was fed float64[4,2]"),
    ({"x": np.ones((0, 2), "float32")}, "the feeds of one batch have one length, at least 1, found [0]"),
]


@pytest.mark.parametrize(("feeds", "message"), FEEDS)
def test_wrong_feeds(runner: Executor, feeds: dict[str, Array], message: str) -> None:
    program = runner.compile(Graph({"y": fed("x", 2) + 1.0}))
    with pytest.raises(ExecutorError) as caught:
        program.run(State({}), feeds)
    assert caught.value.message == message
    with pytest.raises(ExecutorError):
        list(program.steps(State({}), feeds, [np.arange(2)]))


def test_one_number_for_a_batch_of_numbers(runner: Executor) -> None:
    labels = fed("labels", dtype="int32")
    with pytest.raises(ExecutorError, match=r"labels is int32\[n\], and was fed int32\[\]"):
        run(runner, Graph({"y": labels + 1}), State({}), labels=np.array(3, "int32"))


def test_feeds_of_different_lengths(runner: Executor) -> None:
    graph = Graph({"sum": fed("x") + fed("y")})
    with pytest.raises(ExecutorError, match=r"one length, at least 1, found \[2, 3\]"):
        run(runner, graph, State({}), x=np.ones(2, "float32"), y=np.ones(3, "float32"))


def test_negative_and_large_labels(runner: Executor) -> None:
    values = np.array([-3, 0, 2**24 + 1, -(2**24) - 1, 2**31 - 1, -(2**31)], "int32")
    found = run(runner, Graph({"y": fed("labels", dtype="int32")}), State({}), labels=values)["y"]
    np.testing.assert_array_equal(found, values)


def test_outputs_belong_to_the_caller(runner: Executor) -> None:
    w, x = var("w", 2), fed("x", 2)
    graph = Graph({"w": w, "flat": reshape(w, (1, 2)), "y": x * w, "s": sum_over(w)}, {w: w + 1.0})
    program, state = runner.compile(graph), state_of(w=[1, 2])
    first = program.run(state, {"x": np.ones((3, 2), "float32")})
    program.run(state, {"x": np.zeros((3, 2), "float32")})
    assert (first["w"].tolist(), first["flat"].tolist()) == ([1, 2], [[1, 2]])
    assert (first["y"].tolist(), first["s"].item()) == ([[1, 2]] * 3, 3)


def test_feeds_are_left_as_they_were(runner: Executor) -> None:
    x, ones = fed("x", 2), np.ones((3, 2), "float32")
    ones.flags.writeable = False
    found = run(runner, Graph({"y": x * 2.0, "x": x}), State({}), x=ones)
    found["x"][...] = 7  # the caller's own
    assert (ones == 1).all()


def test_larger_and_smaller_batches_in_turn(runner: Executor) -> None:
    """Each with one value per example, and one of all."""
    x = fed("x", 2)
    program = runner.compile(Graph({"y": x * 2.0, "mean": batch_mean(x)}))
    for size in (5, 100, 16, 1, 150, 149):
        values = np.random.default_rng(size).normal(size=(size, 2)).astype("float32")
        outputs = program.run(State({}), {"x": values})
        np.testing.assert_array_equal(outputs["y"], values * 2)
        np.testing.assert_allclose(outputs["mean"], values.mean(axis=0), rtol=1e-5, atol=1e-6)


# ------------------------------------------------------------------------------------------------------------- the state


def test_a_variable_without_a_value(runner: Executor) -> None:
    with pytest.raises(ExecutorError, match="the state has no value of w"):
        run(runner, Graph({"y": var("w") + 1.0}), State({}))


def test_updates_are_written_into_the_arrays_of_the_state(runner: Executor) -> None:
    w = var("w", 2)
    state = state_of(w=[1, 2])
    array = state.values["w"]
    program = runner.compile(Graph({}, {w: w * 10.0}))
    program.run(state, {})
    assert state.values["w"] is array
    assert array.tolist() == [10, 20]
    array[...] = [3, 4]  # the program keeps nothing of its own
    program.run(state, {})
    assert array.tolist() == [30, 40]


def test_values_that_no_graph_names_stay(runner: Executor) -> None:
    w = var("w")
    state = state_of(w=1, other=[5, 6])
    run(runner, Graph({"w": w}, {w: w + 1.0}), state)
    assert state.values["other"].tolist() == [5, 6]


def test_every_update_and_output_is_computed_from_the_old_state(runner: Executor) -> None:
    a, b = var("a", 2), var("b", 2)
    state = state_of(a=[1, 2], b=[30, 40])
    outputs = run(runner, Graph({"sum": a + b, "a": a}, {a: b, b: a}), state)
    assert (state.values["a"].tolist(), state.values["b"].tolist()) == ([30, 40], [1, 2])
    assert (outputs["sum"].tolist(), outputs["a"].tolist()) == ([31, 42], [1, 2])


def test_an_update_that_is_a_view_of_another_variable(runner: Executor) -> None:
    a, b = var("a", 2, 1), var("b", 2)
    state = state_of(a=[[1], [2]], b=[3, 4])
    run(runner, Graph({}, {a: reshape(b, (2, 1)), b: reshape(a, (2,))}), state)
    assert (state.values["a"].tolist(), state.values["b"].tolist()) == ([[3], [4]], [1, 2])


def test_two_programs_in_turn(runner: Executor) -> None:
    w, x = var("w", 2), fed("x", 2)
    one, other = (runner.compile(Graph({"y": x * w}, {w: w * factor})) for factor in (2.0, 3.0))
    mine, theirs, feeds = state_of(w=[1, 1]), state_of(w=[1, 1]), {"x": np.ones((20, 2), "float32")}
    for _ in range(3):
        one.run(mine, feeds)
        other.run(theirs, feeds)
    assert (mine.values["w"].tolist(), theirs.values["w"].tolist()) == ([8, 8], [27, 27])


def test_two_iterators_of_one_program_in_turn(runner: Executor) -> None:
    w = var("w", 2)
    program = runner.compile(Graph({"w": w}, {w: w + 1.0}))
    mine, theirs = state_of(w=[0, 0]), state_of(w=[10, 10])
    steps = [program.steps(state, {}, [np.arange(1)] * 3) for state in (mine, theirs)]
    seen = [[next(each)["w"][0].item() for each in steps] for _ in range(3)]
    assert seen == [[0, 10], [1, 11], [2, 12]]


# ------------------------------------------------------------------------------------------------------ steps and their data


def test_steps_gather_batches_by_index(runner: Executor) -> None:
    x, w = fed("x"), var("w")
    mean = batch_mean(x)
    program = runner.compile(Graph({"mean": mean, "w": w}, {w: w + mean}))
    state = state_of(w=0.0)
    data = {"x": np.array([1, 2, 3, 4, 50], "float32"), "not used": np.zeros(7)}
    batches = [np.array([3, 0]), np.array([1, 2]), np.array([4])]  # the last one is smaller
    steps = list(program.steps(state, data, batches))
    assert [(step["mean"].item(), step["w"].item()) for step in steps] == [(2.5, 0), (2.5, 2.5), (50, 5)]
    assert state.values["w"] == 55


@pytest.mark.parametrize(("indices", "named"), [([0, 4], "example 4"), ([-1, 0], "example -1"), ([], "at least one")], ids=str)
def test_examples_that_are_not_there(runner: Executor, indices: list[int], named: str) -> None:
    """Native code would read whatever lies there, numpy would count from the end; no step is made."""
    x, w = fed("x"), var("w")
    program, state = runner.compile(Graph({"y": batch_mean(x)}, {w: w + 1.0})), state_of(w=0)
    with pytest.raises(ExecutorError, match=f"a batch has {named}"):
        list(program.steps(state, {"x": np.ones(4, "float32")}, [np.arange(2), np.array(indices, "int64")]))
    assert state.values["w"] == 0


def test_uniform_data_is_the_same_for_every_batch(runner: Executor) -> None:
    x, scale = fed("x"), placeholder("scale", TensorType((2,)))
    data = {"x": np.array([1, 2, 3], "float32"), "scale": np.array([10, 20], "float32")}
    graph = Graph({"y": reshape(x, (1,)) * scale})
    found = [step["y"].tolist() for step in runner.compile(graph).steps(State({}), data, [np.array([2]), np.array([0, 1])])]
    assert found == [[[30, 60]], [[10, 20], [20, 40]]]


@pytest.mark.parametrize("dtype", ["uint8", "int32", "uint32", "float32", "bool"])
def test_data_of_every_dtype(runner: Executor, dtype: DType) -> None:
    """Every second example of a set, backwards, as a view that is not contiguous as well."""
    x = fed("x", 3, 2, dtype=dtype)
    generator = np.random.default_rng(0)
    whole = generator.integers(0, 2 if dtype == "bool" else 250, (80, 3, 4)).astype(dtype)
    program = runner.compile(Graph({"y": cast(x, "float32")}))
    batches = [np.arange(79, 20, -2), np.arange(5)]
    for data in (whole[:, :, ::2], np.ascontiguousarray(whole[:, :, 2:])):
        found = list(program.steps(State({}), {"x": data}, batches))
        for outputs, batch in zip(found, batches, strict=True):
            np.testing.assert_array_equal(outputs["y"], data[batch].astype("float32"))


def test_predictions_of_a_last_smaller_batch(runner: Executor) -> None:
    x, w = fed("x", 4), var("w", 4, 3)
    data = {"x": np.random.default_rng(1).normal(size=(50, 4)).astype("float32")}
    state = State({"w": np.random.default_rng(2).normal(size=(4, 3)).astype("float32")})
    steps = runner.compile(Graph({"y": dense(x, w)})).steps(state, data, [np.arange(0, 32), np.arange(32, 50)])
    found = [out["y"] for out in steps]
    assert [len(y) for y in found] == [32, 18]
    np.testing.assert_allclose(np.concatenate(found), data["x"] @ state.values["w"], rtol=1e-5, atol=1e-5)


def test_no_batches(runner: Executor) -> None:
    state = state_of(w=1)
    assert list(runner.compile(guarded()).steps(state, {}, [])) == []
    assert state.values["w"] == 1


def test_it_stops_soon_when_asked(runner: Executor) -> None:
    w = var("w")
    state, seen = state_of(w=0), list[float]()
    program = runner.compile(Graph({"w": w}, {w: w + 1.0}))
    for outputs in program.steps(state, {}, [np.arange(1)] * 500, lambda: len(seen) >= 3):
        seen.append(outputs["w"].item())
    assert seen == list(range(len(seen)))
    assert 3 <= len(seen) < 200
    assert state.values["w"] == len(seen)


# ------------------------------------------------------------------------------------------------- the same bits each time

STACK = "[conv: {filters: 3, padding: same}, batchnorm, relu, maxpool: 2, flatten, dropout: 0.5, dense: 4, cross_entropy]"
#: Odd sizes, one example, and more than a block of any executor.
SIZES = (20, 7, 1, 33, 16)


def network() -> tuple[Model, Graph, State, dict[str, Array], list[Array]]:
    """A random step of adam with running statistics, its first state, data, and batches."""
    model = model_of(STACK, (1, 6, 6), classes=4, dtype="float32", weight_decay=0.01)
    graph = step_of(model, rule_of("adam: 0.01", "cosine"))
    generator = np.random.default_rng(0)
    data = {
        "input": generator.normal(size=(60, 1, 6, 6)).astype("float32"),
        "target": generator.integers(0, 4, 60).astype("int32"),
    }
    return model, graph, first_state(model, 0, graph), data, [generator.permutation(60)[:size] for size in SIZES]


def test_the_same_bits_each_time(runner: Executor) -> None:
    """Of another program of another executor: nothing hangs on what was in memory, or on which thread was first."""
    _, graph, start, data, batches = network()
    found = []
    for each in (runner, runner, executor(runner.name)):
        state = start.copy()
        losses = [step["loss"].item() for step in each.compile(graph, ["loss"]).steps(state, data, batches)]
        found.append((losses, state))
    assert len(found[0][0]) == len(SIZES)
    for losses, state in found[1:]:
        assert losses == found[0][0]
        same_bits(state, found[0][1])


def test_steps_are_runs_one_after_the_other(runner: Executor) -> None:
    _, graph, start, data, batches = network()
    together, alone = start.copy(), start.copy()
    program = runner.compile(graph, ["loss"])
    expected = list(program.steps(together, data, batches))
    for batch, outputs in zip(batches, expected, strict=True):
        found = program.run(alone, {label: array[batch] for label, array in data.items()})
        assert found.keys() == outputs.keys()
        for name, value in outputs.items():
            assert found[name].tobytes() == value.tobytes(), name
    same_bits(alone, together)


def test_steps_in_two_calls(runner: Executor) -> None:
    """As after a checkpoint, in another program."""
    _, graph, start, data, batches = network()
    together, halves = start.copy(), start.copy()
    list(runner.compile(graph, ["loss"]).steps(together, data, batches))
    for part in (batches[:2], batches[2:]):
        list(runner.compile(graph, ["loss"]).steps(halves, data, part))
    same_bits(halves, together)


# ---------------------------------------------------------------------------------------------------------------- guards


def guarded() -> Graph:
    """A counter that goes down by one a step, and its logarithm, which is not finite from 0 on."""
    w = var("w")
    return Graph({"loss": log(w), "w": w}, {w: w - 1.0})


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_guard_that_is_not_finite_keeps_the_state(runner: Executor, value: float) -> None:
    state = state_of(w=value)
    assert not np.isfinite(run(runner, guarded(), state, ["loss"])["loss"])
    assert state.values["w"] == value


def test_without_a_guard_the_state_moves_on(runner: Executor) -> None:
    state = state_of(w=-1.0)
    run(runner, guarded(), state)
    assert state.values["w"] == -2


@pytest.mark.parametrize("which", ["loss", "other"])
def test_each_of_several_guards_counts(runner: Executor, which: str) -> None:
    w = var("w")
    finite, not_finite = w * 1.0, log(w)
    outputs = {"loss": finite, "other": finite, which: not_finite}
    state = state_of(w=0.0)
    run(runner, Graph(outputs, {w: w - 1.0}), state, ["loss", "other"])
    assert state.values["w"] == 0


@pytest.mark.parametrize("first", [2.0, 15.0, 16.0, 40.0])
def test_steps_end_at_a_guard_with_the_state_before_it(runner: Executor, first: float) -> None:
    state = state_of(w=first)
    steps = list(runner.compile(guarded(), ["loss"]).steps(state, {}, [np.arange(1)] * 60))
    assert [step["w"].item() for step in steps] == list(np.arange(first, -1, -1))
    assert state.values["w"] == 0


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nothing_of_a_step_that_is_not_finite_is_written(runner: Executor, value: float) -> None:
    """Parameters, slots, running statistics, counter: all are as the last good step left them, to the bit."""
    _, graph, start, data, batches = network()
    bad = {**data, "input": data["input"].copy()}
    bad["input"][batches[2][0]] = value  # a batch of one
    batches = [np.setdiff1d(batch, batches[2]) if i < 2 else batch for i, batch in enumerate(batches)]
    good, stopped = start.copy(), start.copy()
    list(runner.compile(graph, ["loss"]).steps(good, data, batches[:2]))
    steps = list(runner.compile(graph, ["loss"]).steps(stopped, bad, batches))
    assert [bool(np.isfinite(step["loss"])) for step in steps] == [True, True, False]
    assert good.values["step"] == 2
    same_bits(stopped, good)


def test_a_loss_that_diverges_does_so_as_in_the_reference(runner: Executor) -> None:
    model = model_of("[dense: 3, mse]", (4,), target=(3,), dtype="float32")
    graph = step_of(model, rule_of("sgd: 1000"))
    generator = np.random.default_rng(0)
    data = {
        "input": generator.normal(size=(50, 4)).astype("float32"),
        "target": generator.normal(size=(50, 3)).astype("float32"),
    }
    found = []
    for each in (runner, executor("numpy")):
        state = first_state(model, 0, graph)
        steps = list(each.compile(graph, ["loss"]).steps(state, data, [np.arange(50)] * 60))
        found.append((len(steps), state.values["step"].item(), np.isfinite(steps[-1]["loss"]).item()))
    assert found[0] == found[1]
    assert found[0][0] < 60
