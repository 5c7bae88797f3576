"""What every executor tells of its work: stages as text, and where the time of a step goes."""

from __future__ import annotations

from functools import cache

import numpy as np
from support.cases import EXECUTOR_CASES
from support.members import ExecutorCase
from support.networks import first_state, model_of
from support.training import rule_of, step_of

from netcli.analysis.inspect.costs import flops
from netcli.executors import Executor, Profile, State
from netcli.graph import Array, Graph, text, variable
from netcli.ops import log
from netcli.passes import optimize

KINDS = {"nodes", "gather", "sums", "wait", "finish"}
EXAMPLES = 40


@cache
def network() -> tuple[Graph, State, dict[str, Array], list[Array]]:
    """A step that is random, its state, data, and three batches of 20."""
    stack = "[conv: {filters: 3, padding: same}, batchnorm, relu, maxpool: 2, flatten, dropout: 0.5, dense: 4, cross_entropy]"
    model = model_of(stack, (1, 6, 6), classes=4, dtype="float32", weight_decay=0.01)
    graph = optimize(step_of(model, rule_of("adam: 0.01")))
    generator = np.random.default_rng(0)
    data = {
        "input": generator.normal(size=(EXAMPLES, 1, 6, 6)).astype("float32"),
        "target": generator.integers(0, 4, EXAMPLES).astype("int32"),
    }
    return graph, first_state(model, 0, graph), data, [generator.permutation(EXAMPLES)[:20] for _ in range(3)]


def test_every_stage_is_a_text(runner: Executor) -> None:
    graph, *_ = network()
    program = runner.compile(graph, ["loss"])
    texts = [program.text(stage, 20) for stage in runner.stages]
    assert runner.stages[0] == "graph"
    assert texts[0] == text(graph)
    assert all(texts)
    assert len(set(texts)) == len(texts)


def test_what_is_prepared_computes_the_same(runner: Executor) -> None:
    graph, start, data, batches = network()
    found = []
    for prepared in (0, 64):
        program, state = runner.compile(graph, ["loss"]), start.copy()
        program.prepare(prepared)
        found.append([step["loss"].item() for step in program.steps(state, data, batches)])
    assert found[0] == found[1]
    assert len(found[0]) == 3


@cache
def profiled(runner: str) -> tuple[Profile, State]:
    """The profile of three steps, and the state after them."""
    graph, start, data, batches = network()
    state = start.copy()
    return EXECUTOR_CASES[runner].make().compile(graph, ["loss"]).profile(state, data, batches), state


def test_a_profile_runs_the_same_steps(runner: Executor) -> None:
    graph, start, data, batches = network()
    expected, (_, state) = start.copy(), profiled(runner.name)
    list(runner.compile(graph, ["loss"]).steps(expected, data, batches))
    assert expected.values["step"] == 3
    for name, value in expected.values.items():
        assert state.values[name].tobytes() == value.tobytes(), name


def test_a_profile_holds_every_node_that_costs_something(runner: Executor) -> None:
    graph, (profile, _) = network()[0], profiled(runner.name)
    assert {spent.kind for spent in profile.spent} <= KINDS
    assert all(spent.seconds >= 0 for spent in profile.spent)
    assert 0 < sum(spent.seconds for spent in profile.spent) <= profile.threads * profile.seconds
    assert all(spent.nodes for spent in profile.spent if spent.kind == "nodes")
    named = {node for spent in profile.spent for node in spent.nodes}
    missing = [graph.names[node] for node in graph.nodes if node not in named and flops(node, EXAMPLES)]
    assert missing == []
    assert named <= set(graph.nodes)


def test_a_profile_ends_where_steps_end(runner: Executor) -> None:
    """At a guard that is not finite; the times are those of the steps until then."""
    w = variable("w", (), lambda generator, shape: np.zeros(shape))
    program = runner.compile(Graph({"loss": log(w)}, {w: w - 1.0}), ["loss"])
    state = State({"w": np.array(2, "float32")})
    profile = program.profile(state, {}, [np.arange(1)] * 60)
    assert state.values["w"] == 0
    assert profile.seconds > 0


def test_the_peak_is_a_number_or_not_known(executor_case: ExecutorCase, runner: Executor) -> None:
    peak = runner.peak()
    assert peak is None or 0 < peak < np.inf
    assert (peak is not None) == executor_case.measures_peak
