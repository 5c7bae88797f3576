"""The generated program: a function per kernel, and one that runs whole steps of them on every thread of a team.

    steps(thread, threads, local, shared, frame)

`frame` is an array of 64-bit numbers and addresses, see `FRAME`. Threads meet at barriers between phases. Each group of blocks
is summed by one thread and the groups are added in their order, so that the bits do not depend on the number of threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from llvmlite import ir

from netcli.executors.llvm.compiling import Finished
from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import F32, I1, I64, Emitter
from netcli.executors.llvm.kernels.elementwise import emit_narrow, emit_total, emit_wide
from netcli.executors.llvm.kernels.gather import emit_gather
from netcli.executors.llvm.levels import Wide
from netcli.executors.llvm.lowering import emit_block_kernel
from netcli.executors.llvm.plan import GROUPS, Phase, Plan
from netcli.executors.llvm.routines import add_groups, clear, copy
from netcli.executors.llvm.storage import REDUCTIONS
from netcli.executors.llvm.target import LANES, Cpu
from netcli.executors.llvm.team import FRAME, Team
from netcli.graph import Node
from netcli.ops.reduce import BatchSize

FLOATS = F32.as_pointer()
_KERNEL = ir.FunctionType(ir.VoidType(), [FLOATS, FLOATS, I64, I64, I64, I64])
#: Instructions of kernels in a module: fewer would lose time at its beginning and end.
_ENOUGH = 1000


class Driver:
    """Writes the modules of a plan, some kernels in each; `finished` gets each as soon as it is written."""

    def __init__(self, plan: Plan, cpu: Cpu, guards: Sequence[str], finished: Finished) -> None:
        self.plan, self.cpu, self.guards = plan, cpu, tuple(guards)
        self._finished = finished
        self.module = ir.Module("steps")
        self._kernels = ir.Module("kernels")
        self.scalars, self.fed = plan.scalars, plan.fed
        self._phases = [
            (phase, self._functions(number, phase) if phase.varying else []) for number, phase in enumerate(plan.phases)
        ]
        self._gathers = [
            emit_gather(self.module, plan, plan.graph.placeholders[label], f"gather_{number}")
            for number, label in enumerate(self.fed)
        ]
        self._write_steps()
        if self._kernels.functions:
            self._finished(self._kernels)
        self._finished(self.module)

    # kernels

    def _functions(self, number: int, phase: Phase) -> list[ir.Function]:
        functions = []
        for i, node in enumerate(phase.nodes):
            with self._function(f"block_{number}_{i}") as (scope, function):
                emit_block_kernel(scope, node, self.cpu)
            functions.append(function)
        return functions

    @contextmanager
    def _function(self, name: str, *, flat: bool = False) -> Iterator[tuple[Scope, ir.Function]]:
        """The scope to write a kernel function in, and its declaration in the module of the steps."""
        function = ir.Function(self._kernels, _KERNEL, name)
        emitter = Emitter(self._kernels, ir.IRBuilder(function.append_basic_block("entry")))
        yield Scope(emitter, self.plan, function.args, flat=flat), ir.Function(self.module, _KERNEL, name)
        emitter.b.ret_void()
        if sum(len(block.instructions) for each in self._kernels.functions for block in each.blocks) > _ENOUGH:
            self._finished(self._kernels)
            self._kernels = ir.Module("kernels")

    def _begin(self, name: str, parameters: Sequence[ir.Type]) -> ir.Function:
        return ir.Function(self.module, ir.FunctionType(ir.VoidType(), list(parameters)), name)

    # the step

    def _write_steps(self) -> None:
        function = self._begin("steps", [I64, I64, FLOATS, FLOATS, I64.as_pointer()])
        thread, threads, local, shared, frame = function.args
        e = Emitter(self.module, ir.IRBuilder(function.append_basic_block("entry")))
        team = Team(e, thread, threads, frame)
        running = e.b.alloca(I64, name="position")
        e.b.store(I64(0), running)
        done = function.append_basic_block("done")
        with e.loop(team.entry(FRAME.STEPS)) as step:
            position = e.b.load(running)
            examples = e.b.load(e.b.gep(team.address(FRAME.SIZES, I64), [step]))
            indices = e.b.gep(team.address(FRAME.INDICES, I64), [position])
            self._batch_sizes(e, shared, examples)
            self._write_phases(e, team, local, shared, examples, indices)
            team.meet()
            with team.first():
                self._finish(e, team, shared, step)
            team.meet()
            e.b.store(e.b.add(position, examples), running)
            following = function.append_basic_block("following")
            e.b.cbranch(e.b.icmp_signed("!=", team.entry(FRAME.STOP), I64(0)), done, following)
            e.b.position_at_end(following)
        e.b.branch(done)
        e.b.position_at_end(done)
        e.b.ret_void()

    def _write_phases(
        self, e: Emitter, team: Team, local: ir.Value, shared: ir.Value, examples: ir.Value, indices: ir.Value
    ) -> None:
        gathered = False
        for phase, functions in self._phases:
            if not phase.varying:
                self._write_levels(e, team, phase, (local, shared, examples))
                continue
            team.meet()
            gathers = [] if gathered else self._gathers
            gathered = True
            self._write_groups(e, team, phase, functions, gathers, (local, shared, examples, indices))
            team.meet()
            self._combine(e, team, shared, examples, [node for node in phase.nodes if isinstance(node.op, REDUCTIONS)])
            team.meet()

    def _write_levels(self, e: Emitter, team: Team, phase: Phase, values: tuple[ir.Value, ir.Value, ir.Value]) -> None:
        """A uniform phase: in each level, this thread's slices of the wide loops, and what thread 0 alone does."""
        local, shared, examples = values
        slices: dict[Node, int] = {}
        for number, level in enumerate(phase.levels):
            if number or phase is not self.plan.phases[0]:
                team.meet()
            name = f"uniform_{self.plan.phases.index(phase)}_{number}"
            for i, wide in enumerate(level.wide):
                slices.update(dict.fromkeys(wide.nodes, wide.slices))
                with self._function(f"{name}_wide_{i}", flat=True) as (scope, function):
                    emit_wide(scope, wide)
                self._call_slices(e, team, function, wide, values)
            if level.totals or level.narrow:
                with self._function(f"{name}_narrow") as (scope, function):
                    for node in level.totals:
                        emit_total(scope, node, slices[node])
                    for node in level.narrow:
                        emit_narrow(scope, node)
                with team.first():
                    e.b.call(function, [local, shared, I64(0), I64(0), I64(0), examples])

    @staticmethod
    def _call_slices(
        e: Emitter, team: Team, function: ir.Function, wide: Wide, values: tuple[ir.Value, ir.Value, ir.Value]
    ) -> None:
        """This thread's slices: every `threads`-th, beginning with its own number."""
        local, shared, examples = values
        turns = e.b.sdiv(e.b.add(e.b.sub(I64(wide.slices), team.thread), e.b.sub(team.threads, I64(1))), team.threads)
        with e.loop(turns) as turn:
            number = e.b.add(team.thread, e.b.mul(turn, team.threads))
            low = e.b.sdiv(e.b.mul(number, I64(wide.vectors)), I64(wide.slices))
            high = e.b.sdiv(e.b.mul(e.b.add(number, I64(1)), I64(wide.vectors)), I64(wide.slices))
            e.b.call(function, [local, shared, number, low, e.b.sub(high, low), examples])

    def _write_groups(
        self,
        e: Emitter,
        team: Team,
        phase: Phase,
        functions: Sequence[ir.Function],
        gathers: Sequence[ir.Function],
        values: tuple[ir.Value, ir.Value, ir.Value, ir.Value],
    ) -> None:
        """This thread's groups of blocks, chunk by chunk, all kernels of the phase on each."""
        local, shared, examples, indices = values
        blocks, groups = _blocks_and_groups(e, examples)
        turns = e.b.sdiv(e.b.add(e.b.sub(groups, team.thread), e.b.sub(team.threads, I64(1))), team.threads)
        with e.loop(turns) as turn:
            group = e.b.add(team.thread, e.b.mul(turn, team.threads))
            for node in phase.nodes:
                if isinstance(node.op, REDUCTIONS):
                    self._clear(e, shared, node, group)
            low = e.b.sdiv(e.b.mul(group, blocks), groups)
            high = e.b.sdiv(e.b.mul(e.b.add(group, I64(1)), blocks), groups)
            with e.loop(e.b.sub(high, low), step=self.plan.chunk) as offset:
                first = e.b.add(low, offset)
                left = e.b.sub(high, first)
                chunk = I64(self.plan.chunk)
                count = e.b.select(e.b.icmp_signed("<", left, chunk), left, chunk)
                arguments = [local, shared, group, first, count, examples]
                for number, function in enumerate(gathers):
                    data = e.b.inttoptr(team.entry(FRAME.DATA + number), function.args[6].type)
                    e.b.call(function, [*arguments, data, indices])
                for function in functions:
                    e.b.call(function, arguments)

    def _clear(self, e: Emitter, shared: ir.Value, node: Node, group: ir.Value) -> None:
        buffer = self.plan.buffers[node]
        assert buffer.partial is not None
        start = e.b.gep(shared, [e.index(e.add(e.mul(group, buffer.floats), buffer.partial))])
        clear(e, start, buffer.floats)

    def _combine(self, e: Emitter, team: Team, shared: ir.Value, examples: ir.Value, nodes: Sequence[Node]) -> None:
        """Add the groups' sums in their order, vector by vector; the threads share the vectors."""
        _, groups = _blocks_and_groups(e, examples)
        for node in nodes:
            buffer = self.plan.buffers[node]
            assert buffer.partial is not None
            vectors = buffer.floats // LANES
            low = e.b.sdiv(e.b.mul(team.thread, I64(vectors)), team.threads)
            high = e.b.sdiv(e.b.mul(e.b.add(team.thread, I64(1)), I64(vectors)), team.threads)
            sums, target = (e.b.gep(shared, [I64(at)]) for at in (buffer.partial, buffer.offset))
            add_groups(e, sums, target, (low, high), groups, buffer.floats)

    def _batch_sizes(self, e: Emitter, shared: ir.Value, examples: ir.Value) -> None:
        """Every thread writes the same number, so that none has to wait for another."""
        for node in self.plan.graph.nodes:
            if isinstance(node.op, BatchSize):
                e.b.store(e.b.sitofp(examples, F32), e.b.gep(shared, [I64(self.plan.buffers[node].offset)]))

    def _finish(self, e: Emitter, team: Team, shared: ir.Value, step: ir.Value) -> None:
        """Report the scalar outputs, and apply the updates if every guard is finite."""
        graph, offsets = self.plan.graph, self._offset
        outputs = team.address(FRAME.OUTPUTS, F32)
        for number, name in enumerate(self.scalars):
            value = e.b.load(e.b.gep(shared, [I64(offsets(graph.outputs[name]))]))
            at = e.b.add(e.b.mul(step, I64(len(self.scalars))), I64(number))
            e.b.store(value, e.b.gep(outputs, [at]))
        finite: ir.Value = I1(1)
        for name in self.guards:
            value = e.b.load(e.b.gep(shared, [I64(offsets(graph.outputs[name]))]))
            difference = e.b.fsub(value, value)  # 0 if it is finite, else NaN
            finite = e.b.and_(finite, e.b.fcmp_ordered("==", difference, F32(0.0)))
        team.put(FRAME.DONE, e.b.add(step, I64(1)))
        with e.b.if_else(finite) as (fine, broken):
            with fine:
                floats = {target: self.plan.buffers[target].floats for target in graph.updates}
                sources = {target: offsets(value) for target, value in graph.updates.items()}
                for target, staged in self.plan.staged.items():
                    self._copy(e, shared, sources[target], staged, floats[target])
                for target, source in {**sources, **self.plan.staged}.items():
                    self._copy(e, shared, source, offsets(target), floats[target])
            with broken:
                team.put(FRAME.STOP, I64(1))

    def _offset(self, node: Node) -> int:
        return self.plan.buffers[self.plan.memory(node)].offset

    @staticmethod
    def _copy(e: Emitter, shared: ir.Value, source: int, target: int, floats: int) -> None:
        copy(e, e.b.gep(shared, [I64(source)]), e.b.gep(shared, [I64(target)]), floats)


def _blocks_and_groups(e: Emitter, examples: ir.Value) -> tuple[ir.Value, ir.Value]:
    blocks = e.b.sdiv(e.b.add(examples, I64(LANES - 1)), I64(LANES))
    groups = e.b.select(e.b.icmp_signed("<", blocks, I64(GROUPS)), blocks, I64(GROUPS))
    return blocks, groups
