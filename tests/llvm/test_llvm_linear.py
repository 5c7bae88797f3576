"""What a deep network takes before its first step grows with its depth, and no faster."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import pytest

pytest.importorskip("llvmlite")

from support.networks import model_of
from support.training import rule_of, step_of

from netcli.executors.llvm import plan_of
from netcli.executors.llvm.calls import calls_of
from netcli.executors.llvm.driver import Driver
from netcli.executors.llvm.key import key_of
from netcli.executors.llvm.target import cpu
from netcli.graph import Graph
from netcli.passes import optimize

LAYERS = {
    "conv": ("conv: {filters: 4, padding: same}, relu,", (4, 6, 6), "flatten,"),
    "dense": ("dense: 8, sigmoid, dropout: 0.1,", (8,), ""),
    "residual": ("residual: [conv: {filters: 4, padding: same}, batchnorm, relu],", (4, 6, 6), "flatten,"),
}


def count(work: Callable[[], object]) -> int:
    """How many functions are called."""
    calls = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def built(layer: str, depth: int) -> Graph:
    """The optimized training step of so many layers."""
    text, shape, end = LAYERS[layer]
    stack = f"[{text * depth} {end} dense: 3, softmax, cross_entropy]"
    return optimize(step_of(model_of(stack, shape, classes=3, dtype="float32"), rule_of("adam: 0.01")))


def compiled(graph: Graph) -> None:
    """All that is done in Python but for the code of the kernels, of which there are as many as kinds."""
    plan = plan_of(graph, cpu(), 40)
    key_of(plan, cpu(), ())
    calls = calls_of(plan)
    Driver(plan, cpu(), (), calls, {name: call.kind.symbol for name, call in calls.items()})


@pytest.mark.parametrize("layer", LAYERS)
def test_the_work_grows_with_the_depth(layer: str) -> None:
    """From 60 to 120 layers as much is added as twice what is added from 30 to 60.

    But for a fifth: values that take turns in memory are compared with all that are there at the same time.
    """
    graphs: list[Graph] = [built(layer, 2)]
    compiled(graphs[0])  # what is done once
    building, compiling = [], []
    gc.disable()  # what was built before does not go while calls are counted
    try:
        for depth in (30, 60, 120):
            building.append(count(lambda depth=depth: graphs.append(built(layer, depth))))  # type: ignore[misc]
            compiling.append(count(lambda: compiled(graphs[-1])))
    finally:
        gc.enable()
    for work in (building, compiling):
        assert work[2] - work[1] < 2.4 * (work[1] - work[0])


@pytest.mark.parametrize("layer", LAYERS)
def test_the_kinds_do_not_grow_with_the_depth(layer: str) -> None:
    """But for the sum of the norms, which is as long as there are parameters."""
    kinds = [{call.kind.text for call in calls_of(plan_of(built(layer, depth), cpu(), 40)).values()} for depth in (10, 20)]
    assert len(kinds[1] - kinds[0]) <= 2
