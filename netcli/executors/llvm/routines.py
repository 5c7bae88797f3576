"""Loops over stretches of memory that a step runs many times: each is a function, written and compiled once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from llvmlite import ir

from netcli.executors.llvm.ir import F32, I64, Emitter
from netcli.executors.llvm.target import LANES

_FLOATS = F32.as_pointer()


class Routines:
    """Calls of these functions, and the module that they are in."""

    def __init__(self) -> None:
        self.module = ir.Module("routines")

    def clear(self, e: Emitter, sums: ir.Value, group: ir.Value, floats: int) -> None:
        """Write zeros where a group's sums are, as many whole vectors as `floats` take."""

        def write(e: Emitter, sums: ir.Value, group: ir.Value, floats: ir.Value) -> None:
            start = e.b.gep(sums, [e.b.mul(group, floats)])
            with e.loop(floats, step=LANES) as at:
                e.store(e.splat(0.0), e.b.gep(start, [at]))

        self._call(e, "clear", [sums, group, I64(floats)], write)

    def copy(self, e: Emitter, source: ir.Value, target: ir.Value, floats: int) -> None:
        """Copy as many whole vectors as `floats` take."""

        def write(e: Emitter, source: ir.Value, target: ir.Value, floats: ir.Value) -> None:
            with e.loop(floats, step=LANES) as at:
                e.store(e.load(e.b.gep(source, [at])), e.b.gep(target, [at]))

        self._call(e, "copy", [source, target, I64(floats)], write)

    def collect(self, e: Emitter, memory: ir.Value, offsets: ir.Value, count: int, target: ir.Value) -> None:
        """Write so many numbers, which lie at these offsets of a memory, side by side."""

        def write(e: Emitter, memory: ir.Value, offsets: ir.Value, count: ir.Value, target: ir.Value) -> None:
            with e.loop(count) as at:
                offset = e.b.load(e.b.gep(offsets, [at]))
                e.b.store(e.b.load(e.b.gep(memory, [offset])), e.b.gep(target, [at]))

        self._call(e, "collect", [memory, offsets, I64(count), target], write)

    def add_groups(
        self, e: Emitter, sums: ir.Value, target: ir.Value, share: tuple[ir.Value, ir.Value], groups: ir.Value, floats: int
    ) -> None:
        """Add the groups' sums, which lie `floats` apart, in their order, vector by vector.

        `share` are this thread and how many share the vectors.
        """

        def write(e: Emitter, *arguments: ir.Value) -> None:
            sums, target, thread, threads, groups, floats = arguments
            vectors = e.b.sdiv(floats, I64(LANES))
            low = e.b.sdiv(e.b.mul(thread, vectors), threads)
            high = e.b.sdiv(e.b.mul(e.b.add(thread, I64(1)), vectors), threads)
            with e.loop(e.b.sub(high, low)) as vector:
                at = e.b.mul(e.b.add(low, vector), I64(LANES))
                with e.carrying(groups, [e.splat(0.0)]) as turn:
                    source = e.b.add(e.b.mul(turn.index, floats), at)
                    turn.values = [e.b.fadd(turn.values[0], e.load(e.b.gep(sums, [source])))]
                e.store(turn.values[0], e.b.gep(target, [at]))

        self._call(e, "add_groups", [sums, target, *share, groups, I64(floats)], write)

    def totals(self, e: Emitter, memory: ir.Value, parts: ir.Value, numbers: ir.Value, count: int) -> None:
        """Add up so many sums of parts, each in the order of its parts, which lie one after another.

        `parts` is the memory of all of them; of each sum there are three `numbers`: where its parts begin, how many they are,
        and where it lies in the other memory.
        """

        def write(e: Emitter, memory: ir.Value, parts: ir.Value, numbers: ir.Value, count: ir.Value) -> None:
            with e.loop(count) as which:
                at = e.b.mul(which, I64(3))
                start, many, target = (e.b.load(e.b.gep(numbers, [e.b.add(at, I64(n))])) for n in range(3))
                with e.carrying(many, [F32(0.0)]) as turn:
                    part = e.b.load(e.b.gep(parts, [e.b.add(start, turn.index)]))
                    turn.values = [e.b.fadd(turn.values[0], part)]
                e.b.store(turn.values[0], e.b.gep(memory, [target]))

        self._call(e, "totals", [memory, parts, numbers, I64(count)], write)

    def each(self, e: Emitter, kernels: ir.Value, numbers: ir.Value, count: int, arguments: Sequence[ir.Value]) -> None:
        """Call so many kernels, one after the other; the first of them are at the addresses `kernels` and `numbers`.

        The arguments: the memories, and examples.
        """

        def write(e: Emitter, kernels: ir.Value, numbers: ir.Value, count: ir.Value, *arguments: ir.Value) -> None:
            none = I64(0)
            with e.loop(count) as which:
                kernel, own = (e.b.load(e.b.gep(table, [which])) for table in (kernels, numbers))
                e.b.call(kernel, [*arguments[:-1], none, none, none, arguments[-1], own])

        self._call(e, "each", [kernels, numbers, I64(count), *arguments], write)

    def share(self, e: Emitter, kernel: ir.Function, arguments: Sequence[ir.Value]) -> None:
        """Call a kernel for a thread's share of the parts of a loop, each with its vectors.

        The arguments: the memories, examples, the kernel's numbers, thread, threads, how many parts and how many vectors.
        """

        def write(e: Emitter, kernel: ir.Value, *arguments: ir.Value) -> None:
            *memories, examples, numbers, thread, threads, parts, vectors = arguments
            with turns(e, thread, threads, parts) as part:
                low = e.b.sdiv(e.b.mul(part, vectors), parts)
                high = e.b.sdiv(e.b.mul(e.b.add(part, I64(1)), vectors), parts)
                e.b.call(kernel, [*memories, part, low, e.b.sub(high, low), examples, numbers])

        self._call(e, "share", [kernel, *arguments], write)

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


@contextmanager
def turns(e: Emitter, thread: ir.Value, threads: ir.Value, count: ir.Value) -> Iterator[ir.Value]:
    """`with turns(…) as number:` writes its body for a thread's share of a range: every `threads`-th number."""
    mine = e.b.sdiv(e.b.add(e.b.sub(count, thread), e.b.sub(threads, I64(1))), threads)
    with e.loop(mine) as turn:
        yield e.b.add(thread, e.b.mul(turn, threads))
