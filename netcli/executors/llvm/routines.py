"""Loops over stretches of memory that a step runs many times: each is a function, written and compiled once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llvmlite import ir

from netcli.executors.llvm.ir import F32, I64, Emitter
from netcli.executors.llvm.target import LANES

_FLOATS = F32.as_pointer()


class Routines:
    """Calls of these functions, and the module that they are in."""

    def __init__(self) -> None:
        self.module = ir.Module("routines")

    def clear(self, e: Emitter, target: ir.Value, floats: int) -> None:
        """Write zeros, as many whole vectors as `floats` take."""

        def write(e: Emitter, target: ir.Value, floats: ir.Value) -> None:
            with e.loop(floats, step=LANES) as at:
                e.store(e.splat(0.0), e.b.gep(target, [at]))

        self._call(e, "clear", [target, I64(floats)], write)

    def copy(self, e: Emitter, source: ir.Value, target: ir.Value, floats: int) -> None:
        """Copy as many whole vectors as `floats` take."""

        def write(e: Emitter, source: ir.Value, target: ir.Value, floats: ir.Value) -> None:
            with e.loop(floats, step=LANES) as at:
                e.store(e.load(e.b.gep(source, [at])), e.b.gep(target, [at]))

        self._call(e, "copy", [source, target, I64(floats)], write)

    def add_groups(
        self, e: Emitter, sums: ir.Value, target: ir.Value, vectors: tuple[ir.Value, ir.Value], groups: ir.Value, floats: int
    ) -> None:
        """Add the groups' sums, which lie `floats` apart, in their order; of the vectors from the first up to the second."""

        def write(e: Emitter, *arguments: ir.Value) -> None:
            sums, target, first, end, groups, floats = arguments
            with e.loop(e.b.sub(end, first)) as vector:
                at = e.b.mul(e.b.add(first, vector), I64(LANES))
                with e.carrying(groups, [e.splat(0.0)]) as turn:
                    source = e.b.add(e.b.mul(turn.index, floats), at)
                    turn.values = [e.b.fadd(turn.values[0], e.load(e.b.gep(sums, [source])))]
                e.store(turn.values[0], e.b.gep(target, [at]))

        self._call(e, "add_groups", [sums, target, *vectors, groups, I64(floats)], write)

    def total(self, e: Emitter, parts: ir.Value, target: ir.Value, count: int) -> None:
        """Add up so many numbers that lie one after another, in their order."""

        def write(e: Emitter, parts: ir.Value, target: ir.Value, count: ir.Value) -> None:
            with e.carrying(count, [F32(0.0)]) as turn:
                turn.values = [e.b.fadd(turn.values[0], e.b.load(e.b.gep(parts, [turn.index])))]
            e.b.store(turn.values[0], target)

        self._call(e, "total", [parts, target, I64(count)], write)

    def _call(self, e: Emitter, name: str, arguments: Sequence[ir.Value], write: Callable[..., None]) -> None:
        """Call the function of this name, which `write` writes the first time."""
        name, kind = f"routine_{name}", ir.FunctionType(ir.VoidType(), [each.type for each in arguments])
        if name not in self.module.globals:
            function = ir.Function(self.module, kind, name)
            inside = Emitter(self.module, ir.IRBuilder(function.append_basic_block("entry")))
            write(inside, *function.args)
            inside.b.ret_void()
        known = e.module.globals.get(name)
        e.b.call(known if known is not None else ir.Function(e.module, kind, name), list(arguments))
