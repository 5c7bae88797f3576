"""The threads that run a step together, in the generated program: what they are told, who does what, and where they meet."""

from __future__ import annotations

from contextlib import AbstractContextManager
from enum import IntEnum
from typing import Any

from llvmlite import ir

from netcli.executors.llvm.ir import I32, I64, Emitter

#: Looks at a barrier's counter before a waiting thread offers its core to others.
_SPINS = 4000


class FRAME(IntEnum):
    """The entries of the frame."""

    STEPS = 0  #: how many steps to run
    INDICES = 1  #: address of the indices of all steps' examples, int64, one step after the other
    SIZES = 2  #: address of the number of examples of each step, int64
    OUTPUTS = 3  #: address of the scalar outputs of each step, float32
    BARRIER = 4  #: address of the barrier's counter, int64, 0 at first
    DONE = 5  #: how many steps were run: written
    STOP = 6  #: 1 when a guard was not finite: written
    COUNTERS = 7  #: address of the threads' counters of a timed program, see stopwatch.py
    DATA = 8  #: addresses of the data sets, one for each varying placeholder


class Team:
    """The threads that run a step together."""

    def __init__(self, e: Emitter, thread: ir.Value, threads: ir.Value, frame: ir.Value) -> None:
        self.e, self.thread, self.threads, self.frame = e, thread, threads, frame
        self._met = e.b.alloca(I64, name="met")
        e.b.store(I64(0), self._met)

    def entry(self, which: int) -> ir.Value:
        """An entry of the frame."""
        return self.e.b.load(self.e.b.gep(self.frame, [I64(which)]))

    def address(self, which: int, of: ir.Type) -> ir.Value:
        """An entry that is an address."""
        return self.e.b.inttoptr(self.entry(which), of.as_pointer())

    def put(self, which: int, value: ir.Value) -> None:
        """Write an entry."""
        self.e.b.store(value, self.e.b.gep(self.frame, [I64(which)]))

    def first(self) -> AbstractContextManager[Any]:
        """`with team.first():` what thread 0 alone does."""
        alone: AbstractContextManager[Any] = self.e.b.if_then(self.e.b.icmp_signed("==", self.thread, I64(0)))
        return alone

    def meet(self) -> None:
        """Wait until every thread has come here: count up, then spin until all have."""
        e = self.e
        counter = self.address(FRAME.BARRIER, I64)
        goal = e.b.add(e.b.load(self._met), self.threads)
        e.b.store(goal, self._met)
        e.b.atomic_rmw("add", counter, I64(1), "acq_rel")
        before = e.b.block
        wait, rest, again, go = (e.b.function.append_basic_block(name) for name in ("wait", "rest", "again", "go"))
        e.b.branch(wait)
        e.b.position_at_end(wait)
        turns = e.b.phi(I64)
        turns.add_incoming(I64(0), before)
        arrived = e.b.load_atomic(counter, "acquire", 8)
        spinning = e.b.icmp_signed("<", turns, I64(_SPINS))
        e.b.cbranch(e.b.icmp_signed(">=", arrived, goal), go, rest)
        e.b.position_at_end(rest)
        with e.b.if_then(e.b.not_(spinning)):  # the others may be waiting for this very core
            e.b.call(e.declare("sched_yield", I32, []), [])
        e.b.branch(again)
        e.b.position_at_end(again)
        turns.add_incoming(e.b.add(turns, I64(1)), again)
        e.b.branch(wait)
        e.b.position_at_end(go)
