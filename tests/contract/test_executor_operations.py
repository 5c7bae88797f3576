"""Every executor serves every operation and its derivatives, on batches of any size, as in float64 but for rounding."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from support.agreement import assert_agrees

from netcli.autodiff import gradients, jvp
from netcli.autodiff.gradcheck.float32 import in_float32
from netcli.executors import Executor, State
from netcli.graph import Array, Differentiable, Graph, Node, Placeholder, Sample, op_of, placeholder, variable
from netcli.ops import batch_sum, operations, sum_over

#: The largest first: a program is compiled for the largest batch it has seen.
BATCHES = (40, 1, 15, 16, 17)


SAMPLES = [in_float32(sample) for operation in operations() for sample in operation.samples()]


@dataclasses.dataclass(frozen=True)
class Case:
    """A graph, what draws its leaves, and the leaves."""

    sample: Sample
    inputs: tuple[Node, ...]
    value: Node

    def draw(self, batch: int) -> tuple[State, dict[str, Array]]:
        """The state (uniform inputs) and the feeds (varying ones, and cotangents and tangents)."""
        generator = np.random.default_rng(batch)
        state: dict[str, Array] = {}
        feeds: dict[str, Array] = {}
        for i, argument in enumerate(self.sample.arguments):
            target = feeds if argument.type.varying else state
            target[f"x{i}"] = argument.draw(generator, batch)
        return State(state), feeds


def case_of(sample: Sample) -> Case:
    """Varying inputs are fed, uniform ones are state."""
    inputs = tuple(
        placeholder(f"x{i}", a.type) if a.type.varying else variable(f"x{i}", a.type.shape, zeros, dtype=a.type.dtype)
        for i, a in enumerate(sample.arguments)
    )
    return Case(sample, inputs, Node(sample.op, inputs))


def zeros(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Never drawn from: the state is given."""
    raise AssertionError


def check(runner: Executor, graph: Graph, case: Case, extra: tuple[Node, ...] = ()) -> None:
    """All batches through one program."""
    program = runner.compile(graph)
    for batch in BATCHES:
        state, feeds = case.draw(batch)
        generator = np.random.default_rng(99)
        for node in extra:
            shape = (batch, *node.shape) if node.type.varying else node.shape
            feeds[op_of(node, Placeholder).label] = generator.uniform(0.5, 1.5, shape).astype("float32")
        assert_agrees(program.run(state, feeds), graph, state, feeds)


def derivatives(case: Case) -> tuple[dict[str, Node], tuple[Node, ...]]:
    """Cotangents, tangent, and the gradient of the cotangents' sum."""
    g = placeholder("g", case.value.type)
    xs = [x for x in case.inputs if x.type.is_float]
    dxs = gradients([case.value], xs, [g], unconnected="zero")
    moves = [placeholder(f"d{i}", x.type) for i, x in enumerate(xs)]
    (dy,) = jvp([case.value], xs, moves)
    second = gradients(dxs, [*xs, g], unconnected="zero")
    found = {f"vjp {i}": dx for i, dx in enumerate(dxs)} | {"jvp": dy} | {f"second {i}": ddx for i, ddx in enumerate(second)}
    return found, (g, *moves)


def differentiable(sample: Sample) -> bool:
    """Whether there is a derivative: of floats, with respect to floats."""
    types = [argument.type for argument in sample.arguments]
    return isinstance(sample.op, Differentiable) and sample.op.infer(*types).is_float and any(t.is_float for t in types)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_values_and_derivatives(runner: Executor, sample: Sample) -> None:
    """First and second derivatives; each is an output of its own."""
    case = case_of(sample)
    found, extra = derivatives(case) if differentiable(sample) else ({}, ())
    check(runner, Graph({"y": case.value, **found}), case, extra)


ONE_OF_EACH = {type(sample.op): sample for sample in SAMPLES if differentiable(sample)}


@pytest.mark.parametrize("sample", ONE_OF_EACH.values(), ids=str)
def test_expressions_in_and_out(runner: Executor, sample: Sample) -> None:
    """The inputs are expressions, and the outputs are read by expressions that are summed over the batch."""
    plain = case_of(sample)
    inputs = tuple(x * 0.875 + 0.0625 if x.type.is_float else x for x in plain.inputs)
    case = dataclasses.replace(plain, value=Node(sample.op, inputs))
    found, extra = derivatives(case)
    found = {name: node for name, node in found.items() if not name.startswith("second")}
    check(runner, Graph({name: summed(node * 0.5 + 0.25) for name, node in found.items()}), case, extra)


def summed(node: Node) -> Node:
    """The sum of all elements, of all examples."""
    total = sum_over(node)
    return batch_sum(total) if total.type.varying else total
