"""What the reference executor promises beyond the contract of all, which is in tests/contract; first values of states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from netcli.errors import ExecutorError, UsageError
from netcli.executors import State, executor, initial_state
from netcli.graph import Array, DType, Graph, Node, Op, Sample, Shape, TensorType, placeholder, variable


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


def test_unknown_executors_are_refused_with_a_suggestion() -> None:
    with pytest.raises(UsageError) as caught:
        executor("nunpy")
    assert (caught.value.message, caught.value.hint) == ('unknown executor "nunpy"', 'did you mean "numpy"?')
    with pytest.raises(UsageError, match="unknown executor") as caught:
        executor("zzz")
    assert "numpy" in str(caught.value.hint)


def test_a_copied_state_is_its_own() -> None:
    state = state_of(w=[1, 2])
    copy = state.copy()
    state.values["w"][0] = 7
    assert copy.values["w"].tolist() == [1, 2]


def test_the_state_is_current_between_steps() -> None:
    w = var("w")
    state = state_of(w=0.0)
    steps = executor("numpy").compile(Graph({"w": w}, {w: w + 1.0})).steps(state, {}, [np.arange(1)] * 5)
    seen = [(next(steps), state.values["w"].item())[1] for _ in range(3)]
    assert seen == [1, 2, 3]
    assert state.values["w"] == 3  # nothing runs ahead of what was asked for


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
