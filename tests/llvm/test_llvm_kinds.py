"""The kinds of kernels: what tells them apart before they are written, and that nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from support.cases import OPTIMIZER_CASES, SCHEDULE_CASES

pytest.importorskip("llvmlite")

from support.agreement import assert_agrees, fed, results, var
from support.networks import first_state, model_of
from support.runs import write_mnist
from support.training import rule_of, step_of

from netcli.config.load import load
from netcli.executors.llvm import LlvmExecutor, plan_of
from netcli.executors.llvm.calls import Call, calls_of
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.target import cpu
from netcli.graph import Graph, Node, constant
from netcli.ops import batch_mean, dense, relu, sum_over, tanh
from netcli.passes import optimize
from netcli.training.session import prepare

ROOT = Path(__file__).parents[2]
#: Networks alike and unlike in many ways: their kernels meet.
STACK = """[conv: {filters: 5, kernel: 3, padding: same}, batchnorm, gelu, dropout: 0.3,
    conv: {filters: 5, kernel: 3, padding: same}, batchnorm, gelu, dropout: 0.3,
    conv: {filters: 4, kernel: 3, stride: 2}, layernorm, leaky_relu, avgpool: 2, flatten, dropout: 0.2,
    dense: 7, elu, dense: 7, elu, dense: 4, softmax, cross_entropy: {label_smoothing: 0.1}]"""
NESTED = """[conv: {filters: 6, padding: same},
    repeat: {times: 2, layers: [residual: [batchnorm, relu, conv: {filters: 6, padding: same}]]},
    branch: [wide: [conv: {filters: 4, padding: same}, relu], narrow: [conv: {filters: 4, kernel: 1}, relu]],
    global_avgpool, dense: 4, softmax, cross_entropy]"""
AUGMENTED = """[random_shift: 2, random_flip, conv: 16, relu, maxpool: {size: 3, stride: 2}, conv: 16, silu, global_avgpool,
    dense: 4, softmax, cross_entropy]"""
#: How many times a kernel of a kind is written.
_WRITTEN = 4


def stacks() -> Iterator[tuple[str, Graph, int]]:
    """A name, a step, its batch."""
    schedules = cycle(next(iter(case.factors)) for case in SCHEDULE_CASES.values())
    for optimizer, schedule in zip((case.quick[0] for case in OPTIMIZER_CASES.values()), schedules, strict=False):
        model = model_of(STACK, (2, 10, 10), classes=4, dtype="float32", weight_decay=0.01, l1=0.001)
        yield optimizer, step_of(model, rule_of(optimizer, schedule, clip_norm=0.7, clip_value=0.01)), 40
    yield "nested", step_of(model_of(NESTED, (3, 8, 8), classes=4, dtype="float32"), rule_of("sgd: 0.1")), 32
    for batch in (16, 70):
        yield "augmented", step_of(model_of(AUGMENTED, (3, 17, 15), classes=4, dtype="float32"), rule_of("sgd: 0.1")), batch


def nets() -> Iterator[tuple[str, Graph, int]]:
    """Those of the benchmarks, in their batches, and two of them in one block, which threads share."""
    from step_netcli import NETS, written

    for name, (shape, layers, batch) in NETS.items():
        stack = json.dumps([*map(written, layers), "softmax", "cross_entropy"])
        graph = step_of(model_of(stack, shape, classes=10, dtype="float32"), rule_of("sgd: {lr: 0.01, momentum: 0.9}"))
        yield from ((name, graph, examples) for examples in ((batch, 16) if name in {"strided", "odd-channels"} else (batch,)))


def configs(mnist: Path) -> Iterator[tuple[str, Graph, int]]:
    """Every config that comes with netcli: its training step and its evaluation."""
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        session = prepare(load(path, [f"data.dataset.mnist.path={mnist}"] if "mnist" in path.stem else []))
        yield path.stem, session.guarded_step, session.batch_size
        yield path.stem, optimize(Graph(session.model.evaluation.outputs)), 256


@pytest.mark.slow
def test_kernels_of_one_kind_are_written_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over all networks and batches: the kind, which is known before, tells every letter of the code."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    target, codes = cpu(), dict[str, list[str]]()
    for name, graph, batch in (*stacks(), *nets(), *configs(write_mnist(tmp_path))):
        plan = plan_of(optimize(graph), target, batch)
        for call in calls_of(plan).values():
            known = codes.setdefault(call.kind.text, [])
            if len(known) < _WRITTEN:
                known.append(str(call.module(plan, "kernel")))
                assert known[-1] == known[0], f"{name}, {call.name}: another code of the kind\n{call.kind.text}"
    assert sum(len(known) > 1 for known in codes.values()) > len(codes) / 3


# ----------------------------------------------------------------------------------------------------- what tells them apart


def kinds(graph: Graph, examples: int = 32) -> dict[str, Call]:
    return calls_of(Plan(graph, cpu(), examples))


def last(y: Node, examples: int = 32) -> str:
    """The kind of the kernel that stores y."""
    return list(kinds(Graph({"y": y}), examples).values())[-1].kind.text


X, Y = fed("x", 6), fed("y", 6)
PAIRS: dict[str, tuple[Callable[[], Node], Callable[[], Node]]] = {
    "an operation": (lambda: relu(X), lambda: tanh(X)),
    "a number": (lambda: relu(X) * 2.0, lambda: relu(X) * 3.0),
    "one value for two": (lambda: X * X, lambda: X * Y),
    "the order of values": (lambda: (X - Y) * X, lambda: (Y - X) * X),
    "what is fused": (lambda: relu(dense(X, var("w", 6, 6))), lambda: dense(X, var("w", 6, 6))),
    "a size": (lambda: dense(X, var("w", 6, 6)), lambda: dense(X, var("w", 6, 5))),
    "an axis that is broadcast": (lambda: X * var("v", 6), lambda: X * var("v", 1)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_what_differs_in_code_differs_in_kind(name: str) -> None:
    one, other = (make() for make in PAIRS[name])
    assert last(one) != last(other)
    assert last(one) == last(PAIRS[name][0]())


def test_where_values_lie_is_no_part_of_the_kind() -> None:
    """Equal layers: one function each way, called with other numbers."""
    h = X
    for number in range(6):
        h = tanh(dense(h, var(f"w{number}", 6, 6)) + var(f"b{number}", 6))
    calls = kinds(Graph({"y": batch_mean(sum_over(h))}))
    layers = [call for call in calls.values() if call.name.startswith("block")][:6]
    assert len({call.kind.text for call in layers[1:5]}) == 1
    assert len({tuple(call.kind.numbers) for call in layers}) == 6


def test_equal_random_layers_share_their_code_and_not_their_numbers() -> None:
    """The identity of random numbers is a number of the call."""
    model = model_of("[dropout: 0.5, dropout: 0.5, dropout: 0.5, mse]", (40,), target=(40,), dtype="float32")
    graph = Graph({placed.name: node for placed, node in model.training.layers[:3]})
    calls = [call for call in kinds(graph).values() if "RandomUniform" in call.kind.text]
    assert len(calls) == 3
    assert len({call.kind.text for call in calls[1:]}) == 1
    assert len({tuple(call.kind.numbers) for call in calls}) == 3
    state, feeds = first_state(model, 5), {"input": np.ones((20, 40), "float32")}
    found = results(graph, state, feeds, LlvmExecutor(1))
    assert_agrees(found, graph, state, feeds)
    kept = [found[name] != 0 for name in graph.outputs]
    assert 0.1 < (kept[1] & ~kept[2]).mean() + (kept[0] & ~kept[1]).mean() < 0.9


def test_the_number_of_elements_of_an_update_is_no_part_of_its_kind() -> None:
    """Whole vectors are whole vectors; an end within a vector is another kind."""
    weights = {label: var(label, size) for label, size in (("a", 32), ("b", 4800), ("c", 33), ("d", 7), ("e", 2))}
    graph = Graph({label: sum_over(w * w) for label, w in weights.items()}, {w: w * 0.5 for w in weights.values()})
    wide = {call.kind.numbers[0]: call.kind.text for call in kinds(graph).values() if "wide" in call.name}
    assert wide[32] == wide[4800] != wide[33] == wide[7] == wide[2]


def test_a_place_that_is_not_part_of_the_kind_is_refused() -> None:
    call = next(call for call in kinds(Graph({"y": relu(X)})).values() if call.name.startswith("gather"))
    with pytest.raises(KeyError):
        call.kind.place("local", 10**6)


def test_one_value_may_be_a_single_number() -> None:
    """A number in code is part of the kind, of whatever shape."""
    one, other = (last(X * constant(np.full((1,), value, "float32"))) for value in (2.0, 3.0))
    assert one != other
