"""The executor that compiles; two threads, so that their parts are put together."""

from __future__ import annotations

from support.members import ExecutorCase

from netcli.executors.llvm import LlvmExecutor

CASE = ExecutorCase(
    make=lambda: LlvmExecutor(2),
    measures_peak=True,
    lacks=frozenset({"float64"}),
    refusal="the llvm executor computes in float32: x is float64",
)
