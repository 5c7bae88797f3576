"""From a module of IR to addresses of functions."""

from __future__ import annotations

import llvmlite.binding as llvm
from llvmlite import ir

from netcli.executors.llvm.target import Cpu


class Compiled:
    """Machine code in memory; it lives as long as this object."""

    def __init__(self, module: ir.Module, cpu: Cpu) -> None:
        machine = cpu.machine()
        parsed = llvm.parse_assembly(ir_text(module, cpu))
        parsed.verify()
        self._engine = llvm.create_mcjit_compiler(parsed, machine)
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function begins."""
        return int(self._engine.get_function_address(name))


def ir_text(module: ir.Module, cpu: Cpu) -> str:
    """The module as LLVM reads it, for this CPU."""
    module.triple = cpu.triple
    module.data_layout = str(cpu.machine().target_data)
    return str(module)


def assembly_text(module: ir.Module, cpu: Cpu) -> str:
    """The instructions that LLVM makes of it for this CPU, which need not be the machine's own."""
    return str(cpu.machine().emit_assembly(llvm.parse_assembly(ir_text(module, cpu))))
