"""Settings are fed to compiled code: other numbers, the same code, the bits of code that is compiled for them."""

from __future__ import annotations

import json
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from support.networks import first_state, model_of
from support.training import rule_of, step_of

from netcli.executors.llvm import LlvmExecutor, LlvmProgram, plan_of
from netcli.executors.llvm.calls import calls_of
from netcli.executors.llvm.key import key_of
from netcli.executors.llvm.target import cpu
from netcli.graph import Graph
from netcli.optimizers.optimizer import OPTIMIZERS
from netcli.optimizers.schedules.schedule import SCHEDULES
from netcli.passes import optimize
from netcli.settings import Option


def step(optimizer: str, schedule: str, number: float, *, epochs: int) -> Graph:
    """A training step in which every setting has a number of its own; `number` is between 0 and 1."""
    stack = f"""[dense: {{units: 5, weight_decay: {number / 3}, l1: {number / 7}}}, relu, dropout: {number}, dense: 5, relu,
        dropout: {1 - number}, dense: 3, softmax, cross_entropy: {{label_smoothing: {number / 2}}}]"""
    model = model_of(stack, (4,), classes=3, dtype="float32", weight_decay=number / 9, l1=number / 11)
    limits = {"clip_norm": number, "clip_value": number / 5}
    return optimize(step_of(model, rule_of(optimizer, schedule, epochs=epochs, steps_per_epoch=epochs, **limits)))


#: An optimizer, and a schedule with it: every optimizer and every schedule is in one.
RULES = list(zip(OPTIMIZERS.members, cycle(SCHEDULES.members), strict=False))
RULES += [("sgd", schedule) for schedule in SCHEDULES.members if schedule not in {pair[1] for pair in RULES}]


def written(option: type[Option], number: float) -> str:
    """A member with a number of its own, between 0 and 1, for each of its settings that is a number."""
    names = [name for name, field in option.model_fields.items() if field.annotation is float]
    return json.dumps({option.word: {name: number / (place + 1) for place, name in enumerate(names)}})


def both(optimizer: str, schedule: str) -> tuple[Graph, Graph]:
    """The step of a rule with two sets of numbers."""
    pair = OPTIMIZERS.members[optimizer], SCHEDULES.members[schedule]
    texts = [[written(option, number) for option in pair] for number in (0.25, 0.4)]
    return step(*texts[0], 0.25, epochs=8), step(*texts[1], 0.4, epochs=11)


def trained(graph: Graph) -> tuple[list[bytes], int]:
    """The bits after some steps, and how many kernels were compiled."""
    generator, state = np.random.default_rng(0), first_state(model_of("[dense: 1, mse]", (4,), dtype="float32"), 0, graph)
    data = {"input": generator.normal(size=(50, 4)).astype("float32"), "target": generator.integers(0, 3, 50).astype("int32")}
    program = LlvmExecutor(2).compile(graph)
    assert isinstance(program, LlvmProgram)
    outputs = list(program.steps(state, data, [np.arange(50), np.arange(33), np.arange(50)]))
    arrays = [output[name] for output in outputs for name in sorted(output)] + [
        state.values[name] for name in sorted(state.values)
    ]
    return [array.tobytes() for array in arrays], program.compiled


@pytest.mark.parametrize(("optimizer", "schedule"), RULES)
def test_one_key_for_every_value(optimizer: str, schedule: str) -> None:
    """Of the program, and of each of its kernels."""
    plans = [plan_of(graph, cpu(), 32) for graph in both(optimizer, schedule)]
    assert len({key_of(plan, cpu(), ()) for plan in plans}) == 1
    assert len({tuple(call.kind.text for call in calls_of(plan).values()) for plan in plans}) == 1


@pytest.mark.parametrize(("optimizer", "schedule"), RULES)
def test_other_numbers_compile_nothing_and_have_the_bits_of_a_compilation(
    optimizer: str, schedule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = both(optimizer, schedule)
    monkeypatch.setenv("NETCLI_CACHE", str(tmp_path))
    first, compiled = trained(one)
    assert compiled > 0
    second, compiled = trained(other)
    assert compiled == 0
    assert first != second
    monkeypatch.setenv("NETCLI_CACHE_MIB", "0")
    fresh, compiled = trained(other)
    assert compiled > 0
    assert second == fresh


@pytest.mark.parametrize(
    ("some", "without"),
    [("sgd: {lr: 0.25, momentum: 0.5}", "sgd: {lr: 0.25, momentum: 0}"), ("adam: {beta1: 0.5}", "adam: {beta1: 0}")],
)
def test_a_zero_that_takes_nodes_away_is_another_code(some: str, without: str) -> None:
    """No momentum: no slot for it. It is said in docs/llvm.md."""
    graphs = [step(rule, "constant", 0.25, epochs=8) for rule in (some, without)]
    assert len({key_of(plan_of(graph, cpu(), 32), cpu(), ()) for graph in graphs}) == 2
