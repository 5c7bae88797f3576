"""Every executor runs every operation, as numpy does in float64; the only reason not to is a dtype that it lacks."""

from __future__ import annotations

import numpy as np
import pytest

from netcli.autodiff.gradcheck.float32 import in_float32
from netcli.errors import ExecutorError
from netcli.executors import EXECUTORS, Executor, State, executor
from netcli.executors.numpy import values_of
from netcli.graph import DType, Graph, Node, Op, Sample, TensorType, placeholder
from netcli.ops import operations

BATCH = 5


def lacks(runner: Executor, dtype: DType) -> bool:
    """Whether the executor refuses a value of this dtype by itself, whatever is computed of it."""
    x = placeholder("x", TensorType((3,), dtype, varying=True))
    try:
        runner.compile(Graph({"x": x})).run(State({}), {"x": np.ones((2, 3), dtype)})
    except ExecutorError as error:
        assert dtype in error.message, error.message
        return True
    return False


def dtypes_of(sample: Sample) -> set[DType]:
    types = [argument.type for argument in sample.arguments]
    return {type_.dtype for type_ in [*types, sample.op.infer(*types)]}


@pytest.mark.parametrize("name", EXECUTORS)
@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.__name__)
def test_every_operation_is_served(operation: type[Op], name: str) -> None:
    runner, generator = executor(name), np.random.default_rng(0)
    assert operation.samples(), "an operation without samples is served by nobody"
    for sample in operation.samples():
        tried = sample
        if any(lacks(runner, dtype) for dtype in dtypes_of(sample)):
            tried = in_float32(sample)
            assert not any(lacks(runner, dtype) for dtype in dtypes_of(tried)), f"{name} runs no form of {sample}"
        inputs = [placeholder(f"x{i}", argument.type) for i, argument in enumerate(tried.arguments)]
        feeds = {f"x{i}": argument.draw(generator, BATCH) for i, argument in enumerate(tried.arguments)}
        y = Node(tried.op, inputs)
        (expected,) = values_of([y], dict(zip(inputs, feeds.values(), strict=True)))
        (found,) = runner.compile(Graph({"y": y})).run(State({}), feeds).values()
        np.testing.assert_allclose(
            found, expected, rtol=1e-5, atol=1e-5
        )  # a hundred roundings of float32; a wrong value is far off
