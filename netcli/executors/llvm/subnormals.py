"""Numbers too small for all of float32's digits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from llvmlite import ir

from netcli.executors.llvm.ir import I8, I32, I64, Emitter
from netcli.executors.llvm.target import Cpu

#: Bits of x86's MXCSR: flush to zero, denormals are zero. Bit of AArch64's FPCR: flush to zero.
_MXCSR, _FPCR = 0x8040, 1 << 24


@contextmanager
def flushing_subnormals(e: Emitter, cpu: Cpu) -> Iterator[None]:
    """Take numbers below 2⁻¹²⁶ for zeros in the body, as they are read and as they come about; then as it was before.

    Gradients become that small when a network has learned its examples, and arithmetic with them takes many times as long.
    """
    if not cpu.triple.startswith("x86_64"):
        get = e.declare("llvm.aarch64.get.fpcr", I64, [])
        put = e.declare("llvm.aarch64.set.fpcr", ir.VoidType(), [I64])
        before = e.b.call(get, [])
        e.b.call(put, [e.b.or_(before, I64(_FPCR))])
        yield
        e.b.call(put, [before])
        return
    with e.b.goto_entry_block():
        old, new = e.b.alloca(I32, name="old"), e.b.alloca(I32, name="new")
    byte = I8.as_pointer()
    get, put = (e.declare(f"llvm.x86.sse.{name}", ir.VoidType(), [byte]) for name in ("stmxcsr", "ldmxcsr"))
    e.b.call(get, [e.b.bitcast(old, byte)])
    e.b.store(e.b.or_(e.b.load(old), I32(_MXCSR)), new)
    e.b.call(put, [e.b.bitcast(new, byte)])
    yield
    e.b.call(put, [e.b.bitcast(old, byte)])
