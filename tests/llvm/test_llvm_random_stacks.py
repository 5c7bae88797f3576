"""Training steps of stacks that nobody thought of: random shapes, strides, paddings, batch sizes and numbers of threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.networks import first_state, model_of, shaken
from support.training import rule_of, step_of

from netcli.analysis.gradcheck.model import computed_by
from netcli.autodiff.gradcheck import check_float32
from netcli.executors import State
from netcli.executors.llvm import LlvmExecutor
from netcli.executors.numpy import leaf_values
from netcli.graph import Array, Graph, Node, Placeholder, Shape, Variable, op_of
from netcli.layers.placing import StackError
from netcli.layers.stack import Model
from netcli.passes import optimize

RULE = "sgd: {lr: 0.01, momentum: 0.9}"


@dataclass(frozen=True)
class Case:
    """A stack on examples of a shape, and how a step of it is run."""

    layers: tuple[str, ...]
    shape: Shape
    batch: int
    threads: int
    seed: int

    def model(self) -> Model:
        return model_of(f"[{', '.join(self.layers)}]", self.shape, classes=3, dtype="float32", weight_decay=0.01)


def pair(low: int, high: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(low, high), min_size=2, max_size=2)


@st.composite
def convolutions(draw) -> str:
    groups, bias = draw(st.sampled_from([1, 1, 1, 2, 3])), draw(st.sampled_from(["true", "false"]))
    return (
        f"conv: {{filters: {groups * draw(st.integers(1, 7))}, kernel: {draw(pair(1, 4))}, stride: {draw(pair(1, 3))}, "
        f"padding: {draw(pair(0, 2))}, dilation: {draw(pair(1, 2))}, groups: {groups}, bias: {bias}}}"
    )


@st.composite
def pools(draw) -> str:
    kind = draw(st.sampled_from(["maxpool", "avgpool"]))
    return f"{kind}: {{size: {draw(pair(1, 3))}, stride: {draw(pair(1, 3))}, padding: {draw(pair(0, 1))}}}"


BETWEEN = st.sampled_from(
    ["relu", "leaky_relu: 0.2", "tanh", "gelu", "silu", "elu: 0.5", "softplus", "batchnorm", "layernorm", "dropout: 0.3"]
)
LOSSES = st.sampled_from(["dense: 3, softmax, cross_entropy", "dense: 3, mse", "dense: 3, sigmoid, binary_cross_entropy"])
DENSE = st.integers(1, 40).map(lambda units: f"dense: {units}")


@st.composite
def cases(draw) -> Case:
    images = draw(st.booleans())
    shape = (
        (draw(st.integers(1, 6)), draw(st.integers(3, 11)), draw(st.integers(3, 11))) if images else (draw(st.integers(1, 40)),)
    )
    first = draw(st.lists(convolutions() | convolutions() | pools() | BETWEEN, min_size=1, max_size=4)) if images else []
    then = draw(st.lists(DENSE | BETWEEN, max_size=3))
    layers = (*first, *(["flatten"] if images else []), *then, draw(LOSSES))
    case = Case(layers, shape, draw(st.integers(1, 70)), draw(st.integers(1, 7)), draw(st.integers(0, 999)))
    try:
        case.model()
    except StackError:  # groups that do not divide, windows that do not fit
        assume(False)
    return case


@pytest.mark.slow
@settings(max_examples=20, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(cases())
def test_a_step_of_any_stack(case: Case) -> None:
    """Loss, metrics, norms, new weights, momenta and statistics: what rounding does not explain is an error."""
    model = case.model()
    graph = optimize(step_of(model, rule_of(RULE)))
    # whether a gradient is exactly 0 is a matter of rounding, in front of a batchnorm
    graph = Graph({name: node for name, node in graph.outputs.items() if "zero_share" not in name}, graph.updates)
    generator = np.random.default_rng(case.seed)
    feeds = {
        "input": generator.normal(size=(case.batch, *case.shape)).astype("float32"),
        "target": generator.integers(0, 3, case.batch).astype("int32"),
    }
    state = shaken(first_state(model, case.seed, graph), model, generator)
    wanted = dict(graph.outputs) | {f"update of {op_of(w, Variable).label}": value for w, value in graph.updates.items()}
    checks = check_float32(wanted, leaf_values(graph, state, feeds), Steps(graph, wanted, LlvmExecutor(case.threads)))
    assert [check for check in checks if check.verdict == "fail"] == []


@dataclass(frozen=True)
class Steps:
    """Runs the step itself, with its updates, for what is `wanted` of it; any other nodes as they are asked for."""

    graph: Graph
    wanted: Mapping[str, Node]
    runner: LlvmExecutor

    def __call__(self, nodes: Sequence[Node], given: Mapping[Node, Array]) -> list[Array]:
        if list(nodes) != list(self.wanted.values()):
            return computed_by(self.runner)(nodes, given)
        state = State({op_of(node, Variable).label: np.array(given[node]) for node in self.graph.variables})
        feeds = {op_of(node, Placeholder).label: given[node] for node in self.graph.placeholders.values()}
        found = self.runner.compile(self.graph).run(state, feeds)
        found |= {f"update of {label}": value for label, value in state.values.items()}
        return [found[name] for name in self.wanted]
