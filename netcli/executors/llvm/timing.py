"""Time spent in each kernel, measured by the generated program itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from llvmlite import ir

from netcli.executors.llvm.ir import I32, I64, Emitter
from netcli.executors.llvm.team import FRAME, Team


class Stopwatch:
    """Counters of nanoseconds, one for each label that was timed; a program that is not timed has none and loses nothing."""

    def __init__(self, *, running: bool) -> None:
        self.running = running
        self.labels: list[object] = []

    @contextmanager
    def timing(self, e: Emitter, team: Team, label: object) -> Iterator[None]:
        """Add the time that the body takes to this thread's counter of the label."""
        if not self.running:
            yield
            return
        if label not in self.labels:
            self.labels.append(label)
        begun = _now(e)
        yield
        passed = e.b.sub(_now(e), begun)
        counters = team.address(FRAME.COUNTERS, I64)
        at = e.b.gep(counters, [e.b.add(e.b.mul(team.thread, I64(MOST_LABELS)), I64(self.labels.index(label)))])
        e.b.store(e.b.add(e.b.load(at), passed), at)


#: Room for counters per thread.
MOST_LABELS = 4096


def _now(e: Emitter) -> ir.Value:
    """Nanoseconds of the system's monotonic clock."""
    pair = ir.ArrayType(I64, 2)
    with e.b.goto_entry_block():
        spec = e.b.alloca(pair, name="timespec")
    e.b.call(e.declare("clock_gettime", I32, [I32, pair.as_pointer()]), [I32(time.CLOCK_MONOTONIC), spec])
    seconds, nanoseconds = (e.b.load(e.b.gep(spec, [I32(0), I32(field)])) for field in (0, 1))
    return e.b.add(e.b.mul(seconds, I64(10**9)), nanoseconds)
