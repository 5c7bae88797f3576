"""What the code of one step is written with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from llvmlite import ir

from netcli.executors.llvm.calls import Call
from netcli.executors.llvm.ir import F32, I1, I64, Emitter
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.routines import Routines
from netcli.executors.llvm.target import LANES
from netcli.executors.llvm.team import FRAME, Team
from netcli.graph import Node
from netcli.ops.reduce import BatchSize


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
        function = self.e.function(self.symbols[call.name], call.type)
        numbers = self.e.table(f"numbers_{call.name}", call.kind.numbers)
        memories = [self.local, self.shared, self.state, self.following]
        self.e.b.call(function, [*memories, part, first, blocks, self.examples, numbers, *more])

    def address(self, node: Node) -> ir.Value:
        """Where a uniform value begins."""
        buffer = self.plan.buffer(node)
        memory = {"shared": self.shared, "state": self.state, "following": self.following}[buffer.memory]
        return self.e.b.gep(memory, [I64(buffer.offset)])

    def address_following(self, target: Node) -> ir.Value:
        """Where a variable's new value begins."""
        return self.e.b.gep(self.following, [I64(self.plan.buffers[target].offset)])

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


def write_batch_sizes(step: Step) -> None:
    """Every thread writes the same number, so that none has to wait for another."""
    for node in step.plan.graph.nodes:
        if isinstance(node.op, BatchSize):
            step.e.b.store(step.e.b.sitofp(step.examples, F32), step.address(node))


def finish(step: Step, number: ir.Value, guards: Sequence[str]) -> None:
    """Report the scalar outputs, complete the following state, and stop if a guard is not finite."""
    e, team, plan = step.e, step.team, step.plan
    outputs, graph = team.address(FRAME.OUTPUTS, F32), plan.graph
    for place, name in enumerate(plan.scalars):
        at = e.b.add(e.b.mul(number, I64(len(plan.scalars))), I64(place))
        e.b.store(e.b.load(step.address(graph.outputs[name])), e.b.gep(outputs, [at]))
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
