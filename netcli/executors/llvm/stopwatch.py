"""Time spent on each piece of work, counted by the generated program itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from llvmlite import ir

from netcli.executors.llvm.ir import I32, I64, Emitter
from netcli.executors.llvm.team import FRAME, Team
from netcli.graph import Node

#: Room for the counters of a thread: so many pieces of work.
MOST_WORK = 4096


@dataclass(frozen=True)
class Work:
    """A piece of work of a step: a kernel and the nodes that it stores, or something that no node stands for.

    `kind` is "block" or "uniform" for kernels of that kind of phase, "sum of groups" for what follows reductions; "gather",
    "wait" (for other threads) and "finish" (outputs and guards) have no nodes.
    """

    kind: str
    nodes: tuple[Node, ...] = ()


class Stopwatch:
    """Writes counters of nanoseconds, one for each piece of work; one that is not running writes nothing."""

    def __init__(self, *, running: bool) -> None:
        self.running = running
        self.work: list[Work] = []

    @contextmanager
    def timing(self, e: Emitter, team: Team, work: Work) -> Iterator[None]:
        """Add the time that the body takes to this thread's counter of the work."""
        if not self.running:
            yield
            return
        if work not in self.work:
            assert len(self.work) < MOST_WORK, f"a step of more than {MOST_WORK} pieces of work"
            self.work.append(work)
        begun = now(e)
        yield
        passed = e.b.sub(now(e), begun)
        number = e.b.add(e.b.mul(team.thread, I64(MOST_WORK)), I64(self.work.index(work)))
        at = e.b.gep(team.address(FRAME.COUNTERS, I64), [number])
        e.b.store(e.b.add(e.b.load(at), passed), at)


def now(e: Emitter) -> ir.Value:
    """Nanoseconds of the system's monotonic clock."""
    pair = ir.ArrayType(I64, 2)
    with e.b.goto_entry_block():
        moment = e.b.alloca(pair, name="moment")
    e.b.call(e.declare("clock_gettime", I32, [I32, pair.as_pointer()]), [I32(time.CLOCK_MONOTONIC), moment])
    seconds, nanoseconds = (e.b.load(e.b.gep(moment, [I32(0), I32(field)])) for field in (0, 1))
    return e.b.add(e.b.mul(seconds, I64(10**9)), nanoseconds)
