"""What the llvm executor promises beyond the contract of all, which is in tests/contract: threads, CPUs, fingerprint."""

from __future__ import annotations

import platform
import threading

import numpy as np
import pytest

from netcli.errors import UsageError
from netcli.executors import State
from netcli.executors.llvm import LlvmExecutor
from netcli.executors.llvm.target import cpu, cpus
from netcli.graph import Graph, Node, TensorType, placeholder, variable
from netcli.ops import batch_mean, log, relu


def var(label: str, *shape: int) -> Node:
    return variable(label, shape, lambda generator, shape: generator.normal(size=shape))


def fed(label: str, *shape: int) -> Node:
    return placeholder(label, TensorType(shape, "float32", varying=True))


def state_of(**values: object) -> State:
    return State({name: np.array(value, "float32") for name, value in values.items()})


def test_the_fingerprint_does_not_name_threads() -> None:
    assert LlvmExecutor(1).fingerprint == LlvmExecutor(7).fingerprint


def test_the_fingerprint_names_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLI_CPU", "haswell")
    assert "haswell" in LlvmExecutor().fingerprint
    monkeypatch.setenv("NETCLI_CPU", "z80")
    with pytest.raises(UsageError, match='unknown CPU "z80"'):
        cpu()


@pytest.mark.parametrize("value", [0.0, -1.0])
@pytest.mark.parametrize("threads", [1, 3])
def test_a_guard_that_is_not_finite_keeps_the_state(value: float, threads: int) -> None:
    """On any number of threads; a counter that goes down, and its logarithm."""
    w, state = var("w"), state_of(w=value)
    program = LlvmExecutor(threads).compile(Graph({"loss": log(w)}, {w: w - 1.0}), ["loss"])
    assert not np.isfinite(program.run(state, {})["loss"])
    assert state.values["w"] == value


@pytest.mark.parametrize("asked", [1, 3])
def test_the_environment_limits_the_threads(asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that run a step, and those of a profile. An argument wins."""
    monkeypatch.setenv("NETCLI_THREADS", str(asked))
    before = threading.active_count()
    x = fed("x", 3)
    program = LlvmExecutor().compile(Graph({"mean": batch_mean(x * 2.0)}))
    data = {"x": np.ones((320, 3), "float32")}
    program.run(State({}), data)
    assert threading.active_count() - before == asked - 1
    assert program.profile(State({}), data, [np.arange(320)]).threads == asked
    assert LlvmExecutor().threads == asked
    assert LlvmExecutor(2).threads == 2


def test_without_a_limit_there_is_a_thread_for_each_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NETCLI_THREADS", raising=False)
    assert LlvmExecutor().threads == cpus() >= 1


@pytest.mark.parametrize("threads", ["0", "-3", "two", "1.5"])
def test_wrong_numbers_of_threads(threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETCLI_THREADS", threads)
    with pytest.raises(UsageError, match=f'NETCLI_THREADS is a number of threads, found "{threads}"'):
        LlvmExecutor()


def test_code_for_another_machine_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would end the process."""
    monkeypatch.setenv("NETCLI_CPU", "aarch64" if platform.machine() in {"x86_64", "AMD64"} else "haswell")
    program = LlvmExecutor(1).compile(Graph({"y": relu(fed("x", 3))}))
    with pytest.raises(UsageError, match="this machine cannot run code for the CPU that NETCLI_CPU names"):
        program.run(State({}), {"x": np.zeros((2, 3), np.float32)})
