"""The modules of a program: some kernels in each, routines, and the function that runs whole steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from llvmlite import ir

from netcli.executors.llvm.compiling import Finished
from netcli.executors.llvm.expressions import KERNEL, Scope
from netcli.executors.llvm.ir import Emitter
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.routines import Routines

#: Instructions of kernels in a module: fewer would lose time at its beginning and end.
_ENOUGH = 1000


class Modules:
    """Begins kernels and modules; `finished` gets each module as soon as it is written, and whether its speed matters.

    That of `steps` does not: it calls, waits and counts.
    """

    def __init__(self, plan: Plan, finished: Finished) -> None:
        self.plan, self._finished = plan, finished
        self.steps, self._kernels, self.routines = ir.Module("steps"), ir.Module("kernels"), Routines()

    @contextmanager
    def kernel(self, name: str, more: Sequence[ir.Type] = (), *, flat: bool = False) -> Iterator[tuple[Scope, ir.Function]]:
        """The scope to write a kernel in, perhaps of more parameters, and its declaration in the module of the steps."""
        kind = ir.FunctionType(ir.VoidType(), [*KERNEL, *more])
        function = ir.Function(self._kernels, kind, name)
        emitter = Emitter(self._kernels, ir.IRBuilder(function.append_basic_block("entry")))
        yield Scope(emitter, self.plan, function.args[: len(KERNEL)], flat=flat), ir.Function(self.steps, kind, name)
        emitter.b.ret_void()
        if sum(len(block.instructions) for each in self._kernels.functions for block in each.blocks) > _ENOUGH:
            self._finished(self._kernels, True)
            self._kernels = ir.Module("kernels")

    def close(self) -> None:
        """Hand the last ones over."""
        for module in (self._kernels, self.routines.module):
            if module.functions:
                self._finished(module, True)
        self._finished(self.steps, False)
