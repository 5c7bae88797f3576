"""What the code of one step is written with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from llvmlite import ir

from netcli.executors.llvm.ir import I64, Emitter
from netcli.executors.llvm.target import LANES
from netcli.executors.llvm.team import Team


@dataclass(frozen=True)
class Step:
    """What all of a step's code is about: where it is written, the team, the memories, the batch."""

    e: Emitter
    team: Team
    local: ir.Value
    shared: ir.Value
    state: ir.Value
    following: ir.Value
    examples: ir.Value
    indices: ir.Value

    def call(self, function: ir.Function, part: ir.Value, first: ir.Value, blocks: ir.Value, *more: ir.Value) -> None:
        """Call a kernel."""
        memories = [self.local, self.shared, self.state, self.following]
        self.e.b.call(function, [*memories, part, first, blocks, self.examples, *more])

    def count(self) -> ir.Value:
        """How many blocks the batch has."""
        return self.e.b.sdiv(self.e.b.add(self.examples, I64(LANES - 1)), I64(LANES))

    def turns(self, count: ir.Value) -> Iterator[ir.Value]:
        """`for number in step.turns(count)` writes its body for this thread's share of a range: every `threads`-th number."""
        e, thread, threads = self.e, self.team.thread, self.team.threads
        mine = e.b.sdiv(e.b.add(e.b.sub(count, thread), e.b.sub(threads, I64(1))), threads)
        with e.loop(mine) as turn:
            yield e.b.add(thread, e.b.mul(turn, threads))


def least(e: Emitter, x: ir.Value, y: ir.Value) -> ir.Value:
    """The smaller of two numbers."""
    return e.b.select(e.b.icmp_signed("<", x, y), x, y)
