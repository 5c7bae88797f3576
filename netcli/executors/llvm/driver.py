"""The generated program: a function per kernel, and one that runs whole steps of them on every thread of a team.

    steps(thread, threads, local, shared, states, frame)

`frame` is an array of 64-bit numbers and addresses, see `FRAME`; `states` two states, of which the first is the present one at
first: a step reads one and writes the other, and then they change places. Threads meet at barriers between phases. Each group
of blocks is summed by one thread and the groups are added in their order, so that the bits do not depend on the number of
threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from llvmlite import ir

from netcli.executors.llvm.compiling import Finished
from netcli.executors.llvm.expressions import KERNEL, Scope
from netcli.executors.llvm.ir import F32, I1, I64, Emitter
from netcli.executors.llvm.kernels.elementwise import emit_total, emit_wide
from netcli.executors.llvm.kernels.gather import emit_gather, gather_parameters
from netcli.executors.llvm.levels import Level
from netcli.executors.llvm.lowering import emit_block_kernel, emit_late_kernel, emit_strip, emit_uniform_kernel, strips
from netcli.executors.llvm.plan import ROUND, Plan
from netcli.executors.llvm.routines import add_groups, clear, copy
from netcli.executors.llvm.schedule import Phase
from netcli.executors.llvm.step import Step, least
from netcli.executors.llvm.stopwatch import Stopwatch, Work
from netcli.executors.llvm.subnormals import flushing_subnormals
from netcli.executors.llvm.target import LANES, Cpu
from netcli.executors.llvm.team import FRAME, Team
from netcli.graph import Node
from netcli.ops.reduce import BatchSize

FLOATS = F32.as_pointer()
#: Instructions of kernels in a module: fewer would lose time at its beginning and end.
_ENOUGH = 1000


class Driver:
    """Writes the modules of a plan, some kernels in each; `finished` gets each as soon as it is written.

    A `timed` program counts the time of each piece of work.
    """

    def __init__(self, plan: Plan, cpu: Cpu, guards: Sequence[str], finished: Finished, *, timed: bool = False) -> None:
        self.plan, self.cpu, self.guards = plan, cpu, tuple(guards)
        self.stopwatch = Stopwatch(running=timed)
        self._finished = finished
        self._module, self._kernels = ir.Module("steps"), ir.Module("kernels")
        self._write_steps()
        if self._kernels.functions:
            finished(self._kernels)
        finished(self._module)

    # kernels

    @contextmanager
    def _function(self, name: str, more: Sequence[ir.Type] = (), *, flat: bool = False) -> Iterator[tuple[Scope, ir.Function]]:
        """The scope to write a kernel in, perhaps of more parameters, and its declaration in the module of the steps."""
        kind = ir.FunctionType(ir.VoidType(), [*KERNEL, *more])
        function = ir.Function(self._kernels, kind, name)
        emitter = Emitter(self._kernels, ir.IRBuilder(function.append_basic_block("entry")))
        yield Scope(emitter, self.plan, function.args[: len(KERNEL)], flat=flat), ir.Function(self._module, kind, name)
        emitter.b.ret_void()
        if sum(len(block.instructions) for each in self._kernels.functions for block in each.blocks) > _ENOUGH:
            self._finished(self._kernels)
            self._kernels = ir.Module("kernels")

    # the step

    def _write_steps(self) -> None:
        kind = ir.FunctionType(ir.VoidType(), [I64, I64, FLOATS, FLOATS, FLOATS, I64.as_pointer()])
        function = ir.Function(self._module, kind, "steps")
        thread, threads, local, shared, states, frame = function.args
        e = Emitter(self._module, ir.IRBuilder(function.append_basic_block("entry")))
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
        step = Step(e, team, local, shared, state, following, examples, indices)
        self._batch_sizes(step)
        gathered = False
        for count, phase in enumerate(self.plan.schedule.phases):
            if phase.varying:
                self._write_blocks(step, count, phase, with_data=not gathered)
                gathered = True
            else:
                self._write_levels(step, count, phase)
        self._meet(step)
        with team.first(), self._timing(step, Work("finish")):
            self._finish(step, number)
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
        """A uniform phase: in each level, this thread's slices of the wide loops, and what thread 0 alone does."""
        e, slices = step.e, {}
        for number, level in enumerate(phase.levels):
            if number or count:
                self._meet(step)
            for i, wide in enumerate(level.wide):
                slices.update(dict.fromkeys(wide.nodes, wide.slices))
                with self._function(f"uniform_{count}_{number}_wide_{i}", flat=True) as (scope, function):
                    emit_wide(scope, wide)
                for part in step.turns(I64(wide.slices)):
                    low = e.b.sdiv(e.b.mul(part, I64(wide.vectors)), I64(wide.slices))
                    high = e.b.sdiv(e.b.mul(e.b.add(part, I64(1)), I64(wide.vectors)), I64(wide.slices))
                    with self._timing(step, Work("uniform", wide.nodes)):
                        step.call(function, part, low, e.b.sub(high, low))
            for i, node in enumerate(level.strips):
                with self._function(f"uniform_{count}_{number}_strip_{i}") as (scope, function):
                    emit_strip(scope, node)
                for part in step.turns(I64(strips(node, self.cpu))):
                    with self._timing(step, Work("uniform", (node,))):
                        step.call(function, part, I64(0), I64(0))
            if level.totals or level.narrow:
                self._write_narrow(step, f"uniform_{count}_{number}_narrow", level, slices)

    def _write_narrow(self, step: Step, name: str, level: Level, slices: dict[Node, int]) -> None:
        with self._function(name) as (scope, function):
            for node in level.totals:
                emit_total(scope, node, slices[node])
            for node in level.narrow:
                emit_uniform_kernel(scope, node)
        with step.team.first(), self._timing(step, Work("uniform", (*level.totals, *level.narrow))):
            step.call(function, I64(0), I64(0), I64(0))

    # block phases

    def _write_blocks(self, step: Step, count: int, phase: Phase, *, with_data: bool) -> None:
        """A block phase: round by round, the groups of blocks, and then what comes late; at last the sums of the groups."""
        e, blocks = step.e, step.count()
        gathers = self._gathers() if with_data else []
        kernels = []
        for i, node in enumerate(phase.nodes):
            with self._function(f"block_{count}_{i}") as (scope, function):
                emit_block_kernel(scope, node, self.cpu)
            kernels.append((node, function))
        self._meet(step)
        if phase.late:
            with e.loop(blocks, step=ROUND) as first:
                left = e.b.sub(blocks, first)
                within = (first, least(e, left, I64(ROUND)))
                self._write_groups(step, phase, gathers, kernels, within)
                self._meet(step)
                for i, node in enumerate(phase.late):
                    self._write_late(step, f"late_{count}_{i}", node, within)
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

    def _gathers(self) -> list[tuple[int, ir.Function]]:
        gathers = []
        for number, label in enumerate(self.plan.fed):
            node = self.plan.graph.placeholders[label]
            with self._function(f"gather_{number}", gather_parameters(node)) as (scope, function):
                emit_gather(scope, node, *scope.e.b.function.args[len(KERNEL) :])
            gathers.append((number, function))
        return gathers

    def _write_groups(
        self,
        step: Step,
        phase: Phase,
        gathers: Sequence[tuple[int, ir.Function]],
        kernels: Sequence[tuple[Node, ir.Function]],
        within: tuple[ir.Value, ir.Value],
    ) -> None:
        """This thread's groups of so many blocks from the first, chunk by chunk, all kernels of the phase on each."""
        e, (start, blocks) = step.e, within
        groups = least(e, blocks, I64(self.plan.groups))
        for group in step.turns(groups):
            with e.b.if_then(e.b.icmp_signed("==", start, I64(0))):
                for node in phase.reductions:
                    self._clear(step, node, group)
            low = e.b.sdiv(e.b.mul(group, blocks), groups)
            high = e.b.sdiv(e.b.mul(e.b.add(group, I64(1)), blocks), groups)
            with e.loop(e.b.sub(high, low), step=self.plan.chunk) as offset:
                at = e.b.add(low, offset)
                first, count = e.b.add(start, at), least(e, e.b.sub(high, at), I64(self.plan.chunk))
                for number, function in gathers:
                    data = e.b.inttoptr(step.team.entry(FRAME.DATA + number), function.args[-2].type)
                    with self._timing(step, Work("gather")):
                        step.call(function, group, first, count, data, step.indices)
                for node, function in kernels:
                    with self._timing(step, Work("block", (node,))):
                        step.call(function, group, first, count)

    def _write_late(self, step: Step, name: str, node: Node, within: tuple[ir.Value, ir.Value]) -> None:
        """This thread's strips of a late reduction over so many blocks from the first."""
        with self._function(name) as (scope, function):
            emit_late_kernel(scope, node, self.cpu)
        for strip in step.turns(I64(strips(node, self.cpu))):
            with self._timing(step, Work("block", (node,))):
                step.call(function, strip, *within)

    def _partial(self, step: Step, node: Node) -> ir.Value:
        """Where the sums of the groups begin."""
        offset = self.plan.buffers[node].partial
        assert offset is not None
        return step.e.b.gep(step.shared, [I64(offset)])

    def _clear(self, step: Step, node: Node, group: ir.Value) -> None:
        e, floats = step.e, self.plan.buffers[node].floats
        clear(e, e.b.gep(self._partial(step, node), [e.b.mul(group, I64(floats))]), floats)

    def _combine(self, step: Step, nodes: Sequence[Node]) -> None:
        """Add the groups' sums in their order, vector by vector; the threads share the vectors."""
        e, team = step.e, step.team
        groups = least(e, step.count(), I64(self.plan.groups))
        for node in nodes:
            buffer, partial = self.plan.buffers[node], self._partial(step, node)
            vectors = I64(buffer.floats // LANES)
            low = e.b.sdiv(e.b.mul(team.thread, vectors), team.threads)
            high = e.b.sdiv(e.b.mul(e.b.add(team.thread, I64(1)), vectors), team.threads)
            add_groups(e, partial, self._address(step, node), (low, high), groups, buffer.floats)

    # before and after

    def _address(self, step: Step, node: Node) -> ir.Value:
        """Where a uniform value begins."""
        buffer = self.plan.buffer(node)
        memory = {"shared": step.shared, "state": step.state, "following": step.following}[buffer.memory]
        return step.e.b.gep(memory, [I64(buffer.offset)])

    def _batch_sizes(self, step: Step) -> None:
        """Every thread writes the same number, so that none has to wait for another."""
        for node in self.plan.graph.nodes:
            if isinstance(node.op, BatchSize):
                step.e.b.store(step.e.b.sitofp(step.examples, F32), self._address(step, node))

    def _finish(self, step: Step, number: ir.Value) -> None:
        """Report the scalar outputs, complete the following state, and stop if a guard is not finite."""
        e, team, graph = step.e, step.team, self.plan.graph
        outputs = team.address(FRAME.OUTPUTS, F32)
        for place, name in enumerate(self.plan.scalars):
            at = e.b.add(e.b.mul(number, I64(len(self.plan.scalars))), I64(place))
            e.b.store(e.b.load(self._address(step, graph.outputs[name])), e.b.gep(outputs, [at]))
        for target, value in self.plan.copies.items():
            copy(e, self._address(step, value), self._following(step, target), self.plan.buffers[target].floats)
        finite: ir.Value = I1(1)
        for name in self.guards:
            value = e.b.load(self._address(step, graph.outputs[name]))
            difference = e.b.fsub(value, value)  # 0 if it is finite, else NaN
            finite = e.b.and_(finite, e.b.fcmp_ordered("==", difference, F32(0.0)))
        team.put(FRAME.DONE, e.b.add(number, I64(1)))
        with e.b.if_then(e.b.not_(finite)):
            team.put(FRAME.STOP, I64(1))

    def _following(self, step: Step, target: Node) -> ir.Value:
        """Where a variable's new value begins."""
        return step.e.b.gep(step.following, [I64(self.plan.buffers[target].offset)])
