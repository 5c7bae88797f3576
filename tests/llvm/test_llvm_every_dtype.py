"""Whatever numpy computes in 32 bits and less, llvm does: every operation on every dtype, uniform and varying."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from agreement import assert_agrees
from test_llvm_every_operation import SAMPLES

from netcli.errors import GraphError
from netcli.executors import State
from netcli.executors.llvm import LlvmExecutor
from netcli.graph import Argument, Array, DType, Graph, Node, Sample, placeholder
from netcli.ops.shape import Cast

DTYPES: tuple[DType, ...] = ("float32", "uint8", "int32", "uint32", "bool")
OPERATIONS = list(dict.fromkeys(type(sample.op) for sample in SAMPLES))
BATCH = 19


def variants(sample: Sample) -> Iterator[Sample]:
    """The sample with its floats in every dtype, each argument uniform and varying; casts to every dtype."""
    ops = [Cast(dtype) for dtype in DTYPES] if isinstance(sample.op, Cast) else [sample.op]
    for op, dtype, varying in product(ops, DTYPES, product([False, True], repeat=len(sample.arguments))):
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
def test_every_dtype_uniform_and_varying(operation: type) -> None:
    """All that the operation accepts, in one graph."""
    generator, outputs, feeds = np.random.default_rng(0), dict[str, Node](), dict[str, Array]()
    wanted = dict.fromkeys(variant for sample in SAMPLES if type(sample.op) is operation for variant in variants(sample))
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
    assert_agrees(LlvmExecutor(2).compile(graph).run(State({}), feeds), graph, State({}), feeds)
