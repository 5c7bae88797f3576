"""From a module of IR to addresses of functions."""

from __future__ import annotations

import llvmlite.binding as llvm
from llvmlite import ir

from netcli.executors.llvm.target import Cpu


class Compiled:
    """Machine code in memory; it lives as long as this object."""

    def __init__(self, module: ir.Module, cpu: Cpu) -> None:
        module.triple = cpu.triple
        machine = cpu.machine()
        module.data_layout = str(machine.target_data)
        parsed = llvm.parse_assembly(str(module))
        parsed.verify()
        self._engine = llvm.create_mcjit_compiler(parsed, machine)
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function begins."""
        return int(self._engine.get_function_address(name))
