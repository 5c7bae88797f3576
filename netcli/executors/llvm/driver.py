"""The generated function that runs whole steps on every thread of a team: it calls the kernels, each where its turn is.

    steps(thread, threads, local, shared, states, frame)

`frame` is an array of 64-bit numbers and addresses, see `FRAME`; `states` two states, of which the first is the present one at
first: a step reads one and writes the other, and then they change places. Threads meet at barriers between phases. Each group
of blocks is summed by one thread and the groups are added in their order, so that the bits do not depend on the number of
threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby

from llvmlite import ir

from netcli.executors.llvm.calls import Call
from netcli.executors.llvm.ir import F32, I64, Emitter
from netcli.executors.llvm.levels import Level
from netcli.executors.llvm.lowering import panels
from netcli.executors.llvm.plan import ROUND, Plan
from netcli.executors.llvm.routines import Routines
from netcli.executors.llvm.schedule import Phase
from netcli.executors.llvm.step import Step, finish, least, write_batch_sizes
from netcli.executors.llvm.stopwatch import Stopwatch, Work
from netcli.executors.llvm.subnormals import flushing_subnormals
from netcli.executors.llvm.target import Cpu
from netcli.executors.llvm.team import FRAME, Team
from netcli.graph import Node

FLOATS = F32.as_pointer()
#: The part, the first block, how many blocks.
Where = tuple[ir.Value, ir.Value, ir.Value]


class Driver:
    """Writes two modules: `steps`, with the function of that name, and the routines that it calls beside the kernels.

    `calls` are those of the kernels, by name, and `symbols` the names of their functions, by that of the call. A `timed`
    program counts the time of each piece of work.
    """

    def __init__(
        self,
        plan: Plan,
        cpu: Cpu,
        guards: Sequence[str],
        calls: Mapping[str, Call],
        symbols: Mapping[str, str],
        *,
        timed: bool = False,
    ) -> None:
        self.plan, self.cpu, self.guards = plan, cpu, tuple(guards)
        self.stopwatch = Stopwatch(running=timed)
        self.steps, self.routines = ir.Module("steps"), Routines()
        self._calls, self._symbols = calls, symbols
        self._write_steps()

    # the step

    def _write_steps(self) -> None:
        kind = ir.FunctionType(ir.VoidType(), [I64, I64, FLOATS, FLOATS, FLOATS, I64.as_pointer()])
        function = ir.Function(self.steps, kind, "steps")
        thread, threads, local, shared, states, frame = function.args
        e = Emitter(self.steps, ir.IRBuilder(function.append_basic_block("entry")))
        team = Team(e, thread, threads, frame)
        position, present = (e.b.alloca(I64, name=name) for name in ("position", "present"))
        for variable in (position, present):
            e.b.store(I64(0), variable)
        done = function.append_basic_block("done")
        with flushing_subnormals(e, self.cpu):
            with e.loop(team.entry(FRAME.STEPS)) as number:
                self._write_step(e, team, (local, shared, states), (position, present), number)
                following = function.append_basic_block("following")
                e.b.cbranch(e.b.icmp_signed("!=", team.entry(FRAME.STOP), I64(0)), done, following)
                e.b.position_at_end(following)
                e.b.store(e.b.xor(e.b.load(present), I64(1)), present)
            e.b.branch(done)
            e.b.position_at_end(done)
        e.b.ret_void()

    def _write_step(
        self,
        e: Emitter,
        team: Team,
        memories: tuple[ir.Value, ir.Value, ir.Value],
        variables: tuple[ir.Value, ir.Value],
        number: ir.Value,
    ) -> None:
        """One step, from the state that is present."""
        local, shared, states = memories
        at, present = (e.b.load(variable) for variable in variables)
        room = I64(self.plan.floats["state"])
        state, following = (e.b.gep(states, [e.b.mul(which, room)]) for which in (present, e.b.xor(present, I64(1))))
        examples = e.b.load(e.b.gep(team.address(FRAME.SIZES, I64), [number]))
        indices = e.b.gep(team.address(FRAME.INDICES, I64), [at])
        step = Step(e, self.plan, self._symbols, self.routines, team, local, shared, state, following, examples, indices)
        write_batch_sizes(step)
        gathered = False
        for count, phase in enumerate(self.plan.schedule.phases):
            if phase.varying:
                self._write_blocks(step, count, phase, with_data=not gathered)
                gathered = True
            else:
                self._write_levels(step, count, phase)
        self._meet(step)
        with team.first(), self._timing(step, Work("finish")):
            finish(step, number, self.guards)
        self._meet(step)
        e.b.store(e.b.add(at, examples), variables[0])

    def _meet(self, step: Step) -> None:
        with self._timing(step, Work("wait")):
            step.team.meet()

    @contextmanager
    def _timing(self, step: Step, work: Work) -> Iterator[None]:
        with self.stopwatch.timing(step.e, step.team, work):
            yield

    # uniform phases

    def _write_levels(self, step: Step, count: int, phase: Phase) -> None:
        """A uniform phase: in each level, this thread's slices and panels, and what thread 0 alone does."""
        for number, level in enumerate(phase.levels):
            if number or count:
                self._meet(step)
            self._write_level(step, f"uniform_{count}_{number}", level)

    def _write_level(self, step: Step, name: str, level: Level) -> None:
        for i, wide in enumerate(level.wide):
            with self._timing(step, Work("uniform", wide.nodes)):
                step.share(self._calls[f"{name}_wide_{i}"], wide.slices, wide.vectors)
        for i, node in enumerate(level.panels):
            with self._timing(step, Work("uniform", (node,))):
                step.share(self._calls[f"{name}_panel_{i}"], panels(node, self.cpu))
        if level.totals or level.narrow:
            with step.team.first(), self._timing(step, Work("uniform", (*level.totals, *level.narrow))):
                step.total(name, level.totals)
                step.call_each(name, [self._calls[f"{name}_narrow_{i}"] for i in range(len(level.narrow))])

    # block phases

    def _write_blocks(self, step: Step, count: int, phase: Phase, *, with_data: bool) -> None:
        """A block phase: round by round, the groups of blocks, and then what comes late; at last the sums of the groups."""
        e, blocks = step.e, step.count()
        gathers = [self._calls[f"gather_{number}"] for number in range(len(self.plan.fed))] if with_data else []
        kernels = [(node, self._calls[f"block_{count}_{i}"]) for i, node in enumerate(phase.nodes)]
        self._meet(step)
        if phase.late:
            with e.loop(blocks, step=ROUND) as first:
                left = e.b.sub(blocks, first)
                within = (first, least(e, left, I64(ROUND)))
                self._write_groups(step, phase, gathers, kernels, within)
                self._meet(step)
                for i, node in enumerate(phase.late):
                    self._write_late(step, self._calls[f"late_{count}_{i}"], node, within)
                with e.b.if_then(e.b.icmp_signed(">", left, I64(ROUND))):  # the next round writes where this one has read
                    self._meet(step)
        else:
            self._write_groups(step, phase, gathers, kernels, (I64(0), blocks))
            self._meet(step)
        if phase.reductions:
            with self._timing(step, Work("sum of groups", tuple(phase.reductions))):
                self._combine(step, phase.reductions)
        if phase.reductions or phase.late:
            self._meet(step)

    def _write_groups(
        self,
        step: Step,
        phase: Phase,
        gathers: Sequence[Call],
        kernels: Sequence[tuple[Node, Call]],
        within: tuple[ir.Value, ir.Value],
    ) -> None:
        """This thread's groups of so many blocks from the first, chunk by chunk, all kernels of the phase on each."""
        if self.plan.alone:
            self._write_alone(step, phase, gathers, kernels)
            return
        e, (start, blocks) = step.e, within
        groups = least(e, blocks, I64(self.plan.groups))
        with step.turns(groups) as group:
            with e.b.if_then(e.b.icmp_signed("==", start, I64(0))):
                for node in phase.reductions:
                    self._clear(step, node, group)
            low = e.b.sdiv(e.b.mul(group, blocks), groups)
            high = e.b.sdiv(e.b.mul(e.b.add(group, I64(1)), blocks), groups)
            with e.loop(e.b.sub(high, low), step=self.plan.chunk) as offset:
                at = e.b.add(low, offset)
                first, count = e.b.add(start, at), least(e, e.b.sub(high, at), I64(self.plan.chunk))
                self._write_gathers(step, gathers, (group, first, count))
                for node, call in kernels:
                    self._write_kernel(step, node, call, (group, first, count))

    def _write_alone(
        self,
        step: Step,
        phase: Phase,
        gathers: Sequence[Call],
        kernels: Sequence[tuple[Node, Call]],
    ) -> None:
        """The only block: the threads share the kernels that are large; thread 0 computes what lies between two of these."""
        whole = (I64(0), I64(0), I64(1))
        with step.team.first():
            for node in phase.reductions:
                self._clear(step, node, I64(0))
            self._write_gathers(step, gathers, whole)
        for count, some in groupby(kernels, key=lambda kernel: self.plan.shared.get(kernel[0])):
            if count is None:
                with step.team.first():
                    for node, call in some:
                        self._write_kernel(step, node, call, whole)
                continue
            for node, call in some:
                self._meet(step)
                with step.turns(I64(count)) as panel:
                    self._write_kernel(step, node, call, (panel, *whole[1:]))
            self._meet(step)

    def _write_gathers(self, step: Step, gathers: Sequence[Call], where: Where) -> None:
        for number, call in enumerate(gathers):
            data = step.e.b.inttoptr(step.team.entry(FRAME.DATA + number), call.more[0])
            with self._timing(step, Work("gather")):
                step.call(call, *where, data, step.indices)

    def _write_kernel(self, step: Step, node: Node, call: Call, where: Where) -> None:
        with self._timing(step, Work("block", (node,))):
            step.call(call, *where)

    def _write_late(self, step: Step, call: Call, node: Node, within: tuple[ir.Value, ir.Value]) -> None:
        """This thread's panels of a late reduction over so many blocks from the first."""
        with step.turns(I64(panels(node, self.cpu))) as panel, self._timing(step, Work("block", (node,))):
            step.call(call, panel, *within)

    def _partial(self, step: Step, node: Node) -> ir.Value:
        """Where the sums of the groups begin."""
        return step.e.b.gep(step.shared, [I64(step.partial(node))])

    def _clear(self, step: Step, node: Node, group: ir.Value) -> None:
        step.routines.clear(step.e, self._partial(step, node), group, self.plan.buffers[node].floats)

    def _combine(self, step: Step, nodes: Sequence[Node]) -> None:
        """Add the groups' sums in their order; the threads share the vectors."""
        groups, share = least(step.e, step.count(), I64(self.plan.groups)), (step.team.thread, step.team.threads)
        for node in nodes:
            floats = self.plan.buffers[node].floats
            step.routines.add_groups(step.e, self._partial(step, node), step.address(node), share, groups, floats)
