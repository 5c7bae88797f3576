"""From modules of IR to machine code in memory."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import llvmlite.binding as llvm
from llvmlite import ir

from netcli.executors.llvm.target import Cpu

#: Takes a module that is written, and whether its speed matters.
Finished = Callable[[ir.Module, bool], None]


def object_code(module: ir.Module | str, cpu: Cpu, *, fast: bool = True) -> bytes:
    """The object file of a module, or of its text; of code that is fast, or that is made fast.

    LLVM's time to optimize a function grows faster than the function, and that of the steps grows with the network.
    """
    code: bytes = cpu.machine(optimized=fast).emit_object(parsed(module, cpu))
    return code


def parsed(module: ir.Module | str, cpu: Cpu) -> llvm.ModuleRef:
    """A module as LLVM has read it, for this CPU, which need not be the machine's own."""
    found = llvm.parse_assembly(str(module))
    found.triple, found.data_layout = cpu.triple, str(cpu.machine().target_data)
    found.verify()
    return found


def linked(modules: Sequence[ir.Module], cpu: Cpu) -> llvm.ModuleRef:
    """Several modules as one, to be read; it may not be empty."""
    first, *others = (parsed(module, cpu) for module in modules)
    for other in others:
        first.link_in(other)
    return first


def generate(write: Callable[[Finished], object], cpu: Cpu) -> list[bytes]:
    """The object files of the modules that `write` hands over.

    LLVM, which needs no Python, is at work on one in a thread of its own while `write` writes the next. More threads would gain
    nothing: llvmlite lets one call at a time into LLVM.
    """
    objects: list[Future[bytes]] = []
    with _no_collections(), ThreadPoolExecutor(1) as generator:
        write(lambda module, fast: objects.append(generator.submit(object_code, str(module), cpu, fast=fast)))
    return [each.result() for each in objects]


@contextmanager
def _no_collections() -> Iterator[None]:
    """Modules are large, cyclic, and alive: to look for garbage in them again and again takes half as long as writing them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Compiled:
    """Machine code in memory; it lives as long as this object."""

    def __init__(self, objects: Sequence[bytes], cpu: Cpu) -> None:
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), cpu.machine())
        for each in objects:
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(each))
        self._engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function begins."""
        return int(self._engine.get_function_address(name))


def assembly(module: llvm.ModuleRef, cpu: Cpu) -> str:
    """The instructions that LLVM makes of a module."""
    return str(cpu.machine().emit_assembly(module))
