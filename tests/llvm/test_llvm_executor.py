"""The llvm executor's contract: feeds, data, state, guards, steps."""

from __future__ import annotations

import platform

import numpy as np
import pytest
from support.networks import first_state, model_of
from support.training import rule_of, step_of

from netcli.errors import ExecutorError, UsageError
from netcli.executors import State, executor
from netcli.executors.llvm import LlvmExecutor
from netcli.executors.llvm.target import cpu
from netcli.graph import Array, DType, Graph, Node, TensorType, placeholder, variable
from netcli.ops import batch_mean, cast, dense, log, relu, sum_over


def var(label: str, *shape: int) -> Node:
    return variable(label, shape, lambda generator, shape: generator.normal(size=shape))


def fed(label: str, *shape: int) -> Node:
    return placeholder(label, TensorType(shape, "float32", varying=True))


def state_of(**values: object) -> State:
    return State({name: np.array(value, "float32") for name, value in values.items()})


# --------------------------------------------------------------------------------------------------------------- the state


def test_updates_are_written_into_the_arrays_of_the_state() -> None:
    w = var("w", 2)
    state = state_of(w=[1, 2])
    array = state.values["w"]
    program = LlvmExecutor().compile(Graph({}, {w: w * 10.0}))
    program.run(state, {})
    assert state.values["w"] is array
    assert array.tolist() == [10, 20]
    array[...] = [3, 4]  # the program keeps nothing of its own
    program.run(state, {})
    assert array.tolist() == [30, 40]


def test_values_that_no_graph_names_stay() -> None:
    w = var("w")
    state = state_of(w=1, other=[5, 6])
    LlvmExecutor().compile(Graph({"w": w}, {w: w + 1.0})).run(state, {})
    assert state.values["other"].tolist() == [5, 6]


def test_a_variable_without_a_value() -> None:
    with pytest.raises(ExecutorError, match="the state has no value of w"):
        LlvmExecutor().compile(Graph({"y": var("w") + 1.0})).run(State({}), {})


def test_outputs_belong_to_the_caller() -> None:
    w, x = var("w", 2), fed("x", 2)
    program, state = LlvmExecutor().compile(Graph({"w": w, "y": x * w, "s": sum_over(w)}, {w: w + 1.0})), state_of(w=[1, 2])
    first = program.run(state, {"x": np.ones((3, 2), "float32")})
    program.run(state, {"x": np.zeros((3, 2), "float32")})
    assert (first["w"].tolist(), first["y"].tolist(), first["s"].item()) == ([1, 2], [[1, 2]] * 3, 3)


# ---------------------------------------------------------------------------------------------------------- feeds and data


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({}, "the graph needs x, float32[n,2], and it was not fed"),
        ({"x": np.ones((4, 3), "float32")}, "x is float32[n,2], and was fed float32[4,3]"),
        ({"x": np.ones((4, 2), "float64")}, "x is float32[n,2], and was fed float64[4,2]"),
        ({"x": np.ones((0, 2), "float32")}, "the feeds of one batch have one length, at least 1, found [0]"),
    ],
)
def test_wrong_feeds(feeds: dict[str, Array], message: str) -> None:
    program = LlvmExecutor().compile(Graph({"y": fed("x", 2) + 1.0}))
    with pytest.raises(ExecutorError) as caught:
        program.run(State({}), feeds)
    assert caught.value.message == message
    with pytest.raises(ExecutorError):
        list(program.steps(State({}), feeds, [np.arange(2)]))


@pytest.mark.parametrize("indices", [[0, 4], [-1, 0], []], ids=str)
def test_examples_that_are_not_there(indices: list[int]) -> None:
    """Native code would read whatever lies there."""
    program = LlvmExecutor().compile(Graph({"y": batch_mean(fed("x"))}))
    with pytest.raises(ExecutorError, match="a batch has"):
        list(program.steps(State({}), {"x": np.ones(4, "float32")}, [np.arange(2), np.array(indices, "int64")]))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "uint32", "float32", "bool"])
def test_data_of_every_dtype(dtype: DType) -> None:
    """Every second example of a set, backwards, as a view that is not contiguous as well."""
    x = placeholder("x", TensorType((3, 2), dtype, varying=True))
    generator = np.random.default_rng(0)
    whole = generator.integers(0, 2 if dtype == "bool" else 250, (80, 3, 4)).astype(dtype)
    program = LlvmExecutor(2).compile(Graph({"y": cast(x, "float32")}))
    batches = [np.arange(79, 20, -2), np.arange(5)]
    for data in (whole[:, :, ::2], np.ascontiguousarray(whole[:, :, 2:])):
        found = list(program.steps(State({}), {"x": data}, batches))
        for outputs, batch in zip(found, batches, strict=True):
            np.testing.assert_array_equal(outputs["y"], data[batch].astype("float32"))


def test_negative_and_large_labels() -> None:
    labels = placeholder("labels", TensorType((), "int32", varying=True))
    values = np.array([-3, 0, 2**24 + 1, -(2**24) - 1, 2**31 - 1, -(2**31)], "int32")
    np.testing.assert_array_equal(LlvmExecutor().compile(Graph({"y": labels})).run(State({}), {"labels": values})["y"], values)


def test_data_that_the_graph_does_not_use() -> None:
    program = LlvmExecutor().compile(Graph({"y": batch_mean(fed("x"))}))
    data = {"x": np.ones(4, "float32"), "not used": np.zeros(7)}
    assert [out["y"].item() for out in program.steps(State({}), data, [np.arange(4)])] == [1]


def test_larger_and_smaller_batches_in_turn() -> None:
    """Each with one value per example, from programs that are compiled again for the larger ones."""
    x = fed("x", 2)
    program = LlvmExecutor(3).compile(Graph({"y": x * 2.0, "mean": batch_mean(x)}))
    for size in (5, 100, 16, 1, 150, 149):
        values = np.random.default_rng(size).normal(size=(size, 2)).astype("float32")
        outputs = program.run(State({}), {"x": values})
        np.testing.assert_array_equal(outputs["y"], values * 2)
        np.testing.assert_allclose(outputs["mean"], values.mean(axis=0), rtol=1e-5, atol=1e-6)


def test_two_programs_in_turn() -> None:
    w, x = var("w", 2), fed("x", 2)
    one, other = (LlvmExecutor(2).compile(Graph({"y": x * w}, {w: w * factor})) for factor in (2.0, 3.0))
    mine, theirs, feeds = state_of(w=[1, 1]), state_of(w=[1, 1]), {"x": np.ones((20, 2), "float32")}
    for _ in range(3):
        one.run(mine, feeds)
        other.run(theirs, feeds)
    assert (mine.values["w"].tolist(), theirs.values["w"].tolist()) == ([8, 8], [27, 27])


def test_two_iterators_of_one_program_in_turn() -> None:
    w = var("w", 2)
    program = LlvmExecutor(2).compile(Graph({"w": w}, {w: w + 1.0}))
    mine, theirs = state_of(w=[0, 0]), state_of(w=[10, 10])
    steps = [program.steps(state, {}, [np.arange(1)] * 3) for state in (mine, theirs)]
    seen = [[next(each)["w"][0].item() for each in steps] for _ in range(3)]
    assert seen == [[0, 10], [1, 11], [2, 12]]


# ------------------------------------------------------------------------------------------------------- guards and ends


def guarded() -> Graph:
    """A counter that goes down by one a step, and its logarithm, which is not finite from 0 on."""
    w = var("w")
    return Graph({"loss": log(w), "w": w}, {w: w - 1.0})


@pytest.mark.parametrize("value", [0.0, -1.0])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_guard_that_is_not_finite_keeps_the_state(value: float, threads: int) -> None:
    state = state_of(w=value)
    assert not np.isfinite(LlvmExecutor(threads).compile(guarded(), ["loss"]).run(state, {})["loss"])
    assert state.values["w"] == value


def test_without_a_guard_the_state_moves_on() -> None:
    state = state_of(w=-1.0)
    LlvmExecutor().compile(guarded()).run(state, {})
    assert state.values["w"] == -2


@pytest.mark.parametrize("first", [2.0, 15.0, 16.0, 40.0])
def test_steps_end_at_a_guard_with_the_state_before_it(first: float) -> None:
    state = state_of(w=first)
    steps = list(LlvmExecutor().compile(guarded(), ["loss"]).steps(state, {}, [np.arange(1)] * 60))
    assert [step["w"].item() for step in steps] == list(np.arange(first, -1, -1))
    assert state.values["w"] == 0


def test_a_loss_that_diverges_is_numpy_s() -> None:
    model = model_of("[dense: 3, mse]", (4,), target=(3,), dtype="float32")
    graph = step_of(model, rule_of("sgd: 1000"))
    generator = np.random.default_rng(0)
    data = {
        "input": generator.normal(size=(50, 4)).astype("float32"),
        "target": generator.normal(size=(50, 3)).astype("float32"),
    }
    found = {}
    for runner in (LlvmExecutor(2), executor("numpy")):
        state = first_state(model, 0, graph)
        steps = list(runner.compile(graph, ["loss"]).steps(state, data, [np.arange(50)] * 60))
        found[runner.name] = (len(steps), state.values["step"].item(), np.isfinite(steps[-1]["loss"]))
        assert all(np.isfinite(value).all() for value in state.values.values()) or runner.name == "numpy"
    assert found["llvm"] == found["numpy"]
    assert found["llvm"][0] < 60


def test_it_stops_soon_when_asked() -> None:
    w = var("w")
    state, seen = state_of(w=0), list[float]()
    program = LlvmExecutor().compile(Graph({"w": w}, {w: w + 1.0}))
    for outputs in program.steps(state, {}, [np.arange(1)] * 500, lambda: len(seen) >= 3):
        seen.append(outputs["w"].item())
    assert seen == list(range(len(seen)))
    assert 3 <= len(seen) < 200
    assert state.values["w"] == len(seen)


def test_no_batches() -> None:
    state = state_of(w=1)
    assert list(LlvmExecutor().compile(guarded()).steps(state, {}, [])) == []
    assert state.values["w"] == 1


# --------------------------------------------------------------------------------------------------------------- the rest


def test_the_fingerprint_does_not_name_threads() -> None:
    assert LlvmExecutor(1).fingerprint == LlvmExecutor(7).fingerprint


def test_the_fingerprint_names_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLI_CPU", "haswell")
    assert "haswell" in LlvmExecutor().fingerprint
    monkeypatch.setenv("NETCLI_CPU", "z80")
    with pytest.raises(UsageError, match='unknown CPU "z80"'):
        cpu()


def test_predictions_of_a_last_smaller_batch() -> None:
    x, w = fed("x", 4), var("w", 4, 3)
    program, data = (
        LlvmExecutor(2).compile(Graph({"y": dense(x, w)})),
        {"x": np.random.default_rng(1).normal(size=(50, 4)).astype("float32")},
    )
    state = State({"w": np.random.default_rng(2).normal(size=(4, 3)).astype("float32")})
    found = [out["y"] for out in program.steps(state, data, [np.arange(0, 32), np.arange(32, 50)])]
    assert [len(y) for y in found] == [32, 18]
    np.testing.assert_allclose(np.concatenate(found), data["x"] @ state.values["w"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("threads", ["0", "-3", "two", "1.5"])
def test_wrong_numbers_of_threads(threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLI_THREADS", threads)
    with pytest.raises(UsageError, match=f'NETCLI_THREADS is a number of threads, found "{threads}"'):
        LlvmExecutor()


def test_code_for_another_machine_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end the process."""
    monkeypatch.setenv("NETCLI_CPU", "aarch64" if platform.machine() in {"x86_64", "AMD64"} else "haswell")
    program = LlvmExecutor(1).compile(Graph({"y": relu(fed("x", 3))}))
    with pytest.raises(UsageError, match="this machine cannot run code for the CPU that NETCLI_CPU names"):
        program.run(State({}), {"x": np.zeros((2, 3), np.float32)})
