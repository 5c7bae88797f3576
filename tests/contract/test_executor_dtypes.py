"""Every executor serves every operation on every dtype, uniform and varying; only a dtype that it lacks is refused."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from itertools import product
from typing import get_args

import numpy as np
import pytest
from support.agreement import assert_agrees
from support.members import ExecutorCase
from test_executor_operations import SAMPLES

from netcli.errors import ExecutorError, GraphError
from netcli.executors import Executor, State
from netcli.graph import Argument, Array, DType, Graph, Node, Sample, TensorType, placeholder
from netcli.ops.shape import Cast

DTYPES: tuple[DType, ...] = get_args(DType)
OPERATIONS = list(dict.fromkeys(type(sample.op) for sample in SAMPLES))
BATCH = 19


def variants(sample: Sample, dtypes: Sequence[DType]) -> Iterator[Sample]:
    """The sample with its floats in every dtype, each argument uniform and varying; casts to every dtype."""
    ops = [Cast(dtype) for dtype in dtypes] if isinstance(sample.op, Cast) else [sample.op]
    for op, dtype, varying in product(ops, dtypes, product([False, True], repeat=len(sample.arguments))):
        arguments = [
            dataclasses.replace(
                a, type=dataclasses.replace(a.type, dtype=dtype if a.type.is_float else a.type.dtype, varying=v)
            )
            for a, v in zip(sample.arguments, varying, strict=True)
        ]
        yield Sample(op, tuple(arguments))


def drawn(op: object, argument: Argument, generator: np.random.Generator) -> Array:
    """Random values; integers of all bits; floats to be cast of those that every dtype holds."""
    type_ = argument.type
    shape = ((BATCH,) if type_.varying else ()) + type_.shape
    if type_.dtype in {"int32", "uint32"}:
        limits = np.iinfo(type_.dtype)
        return generator.integers(limits.min, limits.max, shape, endpoint=True).astype(type_.dtype)
    values = argument.draw(generator, BATCH)
    return np.abs(values) if isinstance(op, Cast) else values


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_every_dtype_uniform_and_varying(executor_case: ExecutorCase, runner: Executor, operation: type) -> None:
    """All that the operation accepts, in one graph."""
    dtypes = [dtype for dtype in DTYPES if dtype not in executor_case.lacks]
    generator, outputs, feeds = np.random.default_rng(0), dict[str, Node](), dict[str, Array]()
    wanted = dict.fromkeys(
        variant for sample in SAMPLES if type(sample.op) is operation for variant in variants(sample, dtypes)
    )
    for number, sample in enumerate(wanted):
        inputs = [placeholder(f"{number}.{i}", argument.type) for i, argument in enumerate(sample.arguments)]
        try:
            outputs[f"{number} {sample}"] = Node(sample.op, inputs)
        except GraphError:
            continue
        for x, argument in zip(inputs, sample.arguments, strict=True):
            feeds[x.op.label] = drawn(sample.op, argument, generator)  # type: ignore[attr-defined]
    graph = Graph(outputs)
    feeds = {label: feeds[label] for label in graph.placeholders}
    assert_agrees(runner.compile(graph).run(State({}), feeds), graph, State({}), feeds)


def test_what_it_lacks_is_refused(executor_case: ExecutorCase, runner: Executor) -> None:
    """When the graph is compiled, with the value's name; never computed in another type."""
    for dtype in sorted(executor_case.lacks):
        x = placeholder("x", TensorType((3,), dtype, varying=True))
        with pytest.raises(ExecutorError, match=executor_case.refusal) as caught:
            runner.compile(Graph({"y": x + x})).run(State({}), {"x": np.ones((2, 3), dtype)})
        assert caught.value.hint
