"""The error function."""

from __future__ import annotations

from collections.abc import Sequence

from netcli.executors.llvm import maths
from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import Index
from netcli.executors.llvm.kernel import Inlined
from netcli.executors.llvm.lanes import Lanes
from netcli.graph import Node
from netcli.ops.erf import Erf


class ErrorFunction(Inlined):
    """A polynomial of its own: the operation's formula, made for float64, takes three times as long."""

    serves = (Erf,)

    def value(self, s: Scope, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        return maths.erf(s.operand(node.inputs[0], indices, block))
