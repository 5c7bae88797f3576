"""What the code of one step is written with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import groupby

from llvmlite import ir

from netcli.executors.llvm.calls import Call
from netcli.executors.llvm.ir import F32, I1, I64, Emitter
from netcli.executors.llvm.kernel import Beforehand, kernel_of
from netcli.executors.llvm.plan import Memory, Plan
from netcli.executors.llvm.routines import Routines, turns
from netcli.executors.llvm.target import LANES
from netcli.executors.llvm.team import FRAME, Team
from netcli.graph import Node


@dataclass(frozen=True)
class Step:
    """What all of a step's code is about: where it is written, the team, the memories, the batch."""

    e: Emitter
    plan: Plan
    symbols: Mapping[str, str]
    routines: Routines
    team: Team
    local: ir.Value
    shared: ir.Value
    state: ir.Value
    following: ir.Value
    examples: ir.Value
    indices: ir.Value

    def call(self, call: Call, part: ir.Value, first: ir.Value, blocks: ir.Value, *more: ir.Value) -> None:
        """Call a kernel."""
        function, numbers = self._known(call)
        self.e.b.call(function, [*self._memories, part, first, blocks, self.examples, numbers, *more])

    def share(self, call: Call, parts: int, vectors: int = 0) -> None:
        """Call a kernel for this thread's share of so many parts, in which so many vectors fall."""
        function, numbers = self._known(call)
        team, counts = self.team, (I64(parts), I64(vectors))
        self.routines.share(self.e, function, [*self._memories, self.examples, numbers, team.thread, team.threads, *counts])

    def call_each(self, name: str, calls: Sequence[Call]) -> None:
        """Call kernels that have no parts nor blocks, one after the other, by one loop; the name is that of its tables."""
        if calls:
            functions, numbers = zip(*map(self._known, calls), strict=True)
            kernels, given = self.e.constants(f"{name}_kernels", functions), self.e.constants(f"{name}_numbers", numbers)
            self.routines.each(self.e, kernels, given, len(calls), [*self._memories, self.examples])

    def total(self, name: str, totals: Mapping[Node, int]) -> None:
        """Add up the slices, so many, of sums; the name is that of the tables."""
        for count, (memory, run) in enumerate(groupby(totals, key=lambda node: self.plan.buffers[node].memory)):
            sums = list(run)
            numbers = [n for node in sums for n in (self.partial(node), totals[node], self.plan.buffers[node].offset)]
            table = self.e.table(f"{name}_totals_{count}", numbers)
            self.routines.totals(self.e, self.memory(memory), self.shared, table, len(sums))

    def partial(self, node: Node) -> int:
        """Where in the shared memory the parts of a sum begin."""
        offset = self.plan.buffers[node].partial
        assert offset is not None, "a sum of parts has room for them"
        return offset

    def _known(self, call: Call) -> tuple[ir.Function, ir.Value]:
        """The function of a call, and its numbers."""
        return self.e.function(self.symbols[call.name], call.type), self.e.table(f"numbers_{call.name}", call.kind.numbers)

    @property
    def _memories(self) -> list[ir.Value]:
        return [self.local, self.shared, self.state, self.following]

    def address(self, node: Node) -> ir.Value:
        """Where a uniform value begins."""
        buffer = self.plan.buffer(node)
        return self.e.b.gep(self.memory(buffer.memory), [I64(buffer.offset)])

    def memory(self, name: Memory) -> ir.Value:
        """Where a memory of uniform values begins."""
        return {"shared": self.shared, "state": self.state, "following": self.following}[name]

    def address_following(self, target: Node) -> ir.Value:
        """Where a variable's new value begins."""
        return self.e.b.gep(self.following, [I64(self.plan.buffers[target].offset)])

    def count(self) -> ir.Value:
        """How many blocks the batch has."""
        return self.e.b.sdiv(self.e.b.add(self.examples, I64(LANES - 1)), I64(LANES))

    def turns(self, count: ir.Value) -> AbstractContextManager[ir.Value]:
        """`with step.turns(count) as number:` writes its body for this thread's share of a range."""
        return turns(self.e, self.team.thread, self.team.threads, count)


def least(e: Emitter, x: ir.Value, y: ir.Value) -> ir.Value:
    """The smaller of two numbers."""
    return e.b.select(e.b.icmp_signed("<", x, y), x, y)


def write_batch_sizes(step: Step) -> None:
    """What is made of the number of examples alone."""
    for node in step.plan.graph.nodes:
        kernel = kernel_of(node.op)
        if isinstance(kernel, Beforehand):
            kernel.write(step, node)


def finish(step: Step, number: ir.Value, guards: Sequence[str]) -> None:
    """Report the scalar outputs, complete the following state, and stop if a guard is not finite."""
    e, team, plan = step.e, step.team, step.plan
    graph = plan.graph
    _report(step, number)
    for target, value in plan.copies.items():
        step.routines.copy(e, step.address(value), step.address_following(target), plan.buffers[target].floats)
    finite: ir.Value = I1(1)
    for name in guards:
        value = e.b.load(step.address(graph.outputs[name]))
        difference = e.b.fsub(value, value)  # 0 if it is finite, else NaN
        finite = e.b.and_(finite, e.b.fcmp_ordered("==", difference, F32(0.0)))
    team.put(FRAME.DONE, e.b.add(number, I64(1)))
    with e.b.if_then(e.b.not_(finite)):
        team.put(FRAME.STOP, I64(1))


def _report(step: Step, number: ir.Value) -> None:
    """The scalar outputs, one after another; those that lie in one memory are written by one loop."""
    e, plan = step.e, step.plan
    outputs = step.team.address(FRAME.OUTPUTS, F32)
    row = e.b.mul(number, I64(len(plan.scalars)))
    buffers = [plan.buffer(plan.graph.outputs[name]) for name in plan.scalars]
    place = 0
    for memory, run in groupby(buffers, key=lambda buffer: buffer.memory):
        offsets = [buffer.offset for buffer in run]
        target = e.b.gep(outputs, [e.b.add(row, I64(place))])
        table = e.table(f"outputs_{place}", offsets)
        step.routines.collect(e, step.memory(memory), table, len(offsets), target)
        place += len(offsets)
