"""From modules of IR to machine code in memory."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import llvmlite.binding as llvm
from llvmlite import ir

from netcli.executors.llvm.target import Cpu

#: Seconds that Python writes on while LLVM waits for it.
_TURN = 0.0002


def object_code(module: ir.Module | str, cpu: Cpu, machine: llvm.TargetMachine | None = None) -> bytes:
    """The object file of a module, or of its text; `machine` is a code generator for this CPU, by default a new one."""
    code: bytes = (machine or cpu.machine()).emit_object(parsed(module, cpu))
    return code


def parsed(module: ir.Module | str, cpu: Cpu) -> llvm.ModuleRef:
    """A module as LLVM has read it, for this CPU, which need not be the machine's own."""
    found = llvm.parse_assembly(str(module))
    found.triple, found.data_layout = cpu.triple, _data_layout(cpu)
    found.verify()
    return found


@cache
def _data_layout(cpu: Cpu) -> str:
    return str(cpu.machine().target_data)


def linked(modules: Sequence[ir.Module], cpu: Cpu) -> llvm.ModuleRef:
    """Several modules as one, to be read; it may not be empty."""
    first, *others = (parsed(module, cpu) for module in modules)
    for other in others:
        first.link_in(other)
    return first


class Generator:
    """LLVM, which needs no Python, at work on one module in a thread of its own while the next is written.

    More threads would gain nothing: llvmlite lets one call at a time into LLVM. A code generator takes as long to make as a
    small kernel to compile, so there is one for all code that is fast, and one for code that is made fast: LLVM's time to
    optimize a function grows faster than the function, and that of the steps grows with the network.
    """

    def __init__(self, cpu: Cpu) -> None:
        self._cpu, self._pool = cpu, ThreadPoolExecutor(1)
        self._machines = {fast: cpu.machine(optimized=fast) for fast in (True, False)}

    def begin(self, module: ir.Module, *, fast: bool = True) -> Future[bytes]:
        """The object file of a module, as soon as there is one."""
        return self._pool.submit(object_code, str(module), self._cpu, self._machines[fast])

    def close(self) -> None:
        """Forget what has not been begun, and wait for what has."""
        self._pool.shutdown(cancel_futures=True)


@contextmanager
def generating(cpu: Cpu) -> Iterator[Generator]:
    """A generator for what is written inside. Whatever ends it, Ctrl-C too, ends it soon."""
    with _no_collections(), _quick_turns():
        generator = Generator(cpu)
        try:
            yield generator
        finally:
            generator.close()


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


@contextmanager
def _quick_turns() -> Iterator[None]:
    """The generator has little to do in Python, but after each call into LLVM: it need not wait 5 ms for its turn."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


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
