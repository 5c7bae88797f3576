"""The number of examples in a batch."""

from __future__ import annotations

from netcli.executors.llvm.ir import F32
from netcli.executors.llvm.kernel import Beforehand
from netcli.executors.llvm.step import Step
from netcli.graph import Node
from netcli.ops.reduce import BatchSize


class Examples(Beforehand):
    """Every thread writes the same number, so that none has to wait for another."""

    serves = (BatchSize,)

    def write(self, step: Step, node: Node) -> None:
        step.e.b.store(step.e.b.sitofp(step.examples, F32), step.address(node))
