"""A plan as text: the memories, and phase by phase each kernel, by the name of its function in the generated program."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from netcli.executors.llvm.calls import calls_of, functions
from netcli.executors.llvm.contents import computed, read
from netcli.executors.llvm.kernel import Beforehand, Late, is_served_by
from netcli.executors.llvm.levels import Level
from netcli.executors.llvm.lowering import panels
from netcli.executors.llvm.plan import ROUND, Plan
from netcli.executors.llvm.schedule import Phase
from netcli.executors.llvm.target import LANES
from netcli.graph import Known, Node, Variable

_WIDTH = 120


def schedule_text(plan: Plan) -> str:
    """What runs when, on what, and where the values lie, for people; every node has its name in the graph's text."""
    text = _Text(plan)
    lines = [*text.memories(), "", *text.leaves()]
    gathered = False
    for count, phase in enumerate(plan.schedule.phases):
        lines.append("")
        lines += text.blocks(count, phase, with_data=not gathered) if phase.varying else text.uniform(count, phase)
        gathered |= phase.varying
    return "\n".join(part for line in [*lines, *text.copies()] for part in _wrapped(line)) + "\n"


def _wrapped(line: str) -> list[str]:
    further = " " * (len(line) - len(line.lstrip()) + 6)
    return textwrap.wrap(line, _WIDTH, subsequent_indent=further, break_long_words=False, break_on_hyphens=False) or [""]


class _Text:
    """The parts of the text."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.schedule, self.cpu, self.names = plan, plan.schedule, plan.cpu, plan.graph.names
        self.functions = functions(calls_of(plan))

    def _call(self, name: str) -> str:
        """A kernel, and the one whose code it has, if that was called before."""
        function = self.functions[name]
        return name if function == name else f"{name} = {function}"

    # memory

    def memories(self) -> Iterator[str]:
        """Sizes."""
        plan, floats = self.plan, self.plan.floats
        blocks = _count(plan.blocks, "block")
        yield f"{plan.blocks * LANES} examples in {blocks} of {LANES}, summed in {plan.groups} groups at most"
        yield f"a thread takes {_count(plan.chunk, 'block')} through a phase together"
        yield (
            f"floats: {floats['shared']} shared (also what is kept for a round), {floats['local']} local to a thread, "
            f"{floats['state']} of state and as many of the state that follows"
        )

    def leaves(self) -> Iterator[str]:
        """What no kernel computes."""
        yield "variables, constants, sizes"
        for node in self.plan.buffers:
            if isinstance(node.op, Variable | Known) or is_served_by(node, Beforehand):
                yield f"  {self._stored(node)}"

    def copies(self) -> Iterator[str]:
        """New values that are computed elsewhere."""
        if self.plan.copies:
            yield ""
            yield "at last copied to the state that follows"
            yield from (f"  {self.names[target]} := {self.names[value]}" for target, value in self.plan.copies.items())

    def _stored(self, node: Node) -> str:
        return f"{self.names[node]} : {node.type} in {self._place(node)}"

    def _place(self, node: Node) -> str:
        """Where a node's value lies."""
        buffer = self.plan.buffer(node)
        place = f"{buffer.memory} at {buffer.offset}"
        if buffer.varying:
            place += f", {buffer.floats} a block"
            halo = self.schedule.halos.get(self.schedule.memory(node))
            if halo and any(halo):
                place += ", halo {} above, {} below, {} left, {} right".format(*halo)
        if node in self.schedule.houses.hosts:
            owner, start = self.schedule.houses.owner(node)
            place += f", within {self.names[owner]} from {start}"
        return place

    # uniform phases

    def uniform(self, count: int, phase: Phase) -> Iterator[str]:
        """A uniform phase, level by level."""
        yield f"phase {count}, once a step"
        for number, level in enumerate(phase.levels):
            yield f"  level {number}"
            yield from self._level(f"uniform_{count}_{number}", level)

    def _level(self, name: str, level: Level) -> Iterator[str]:
        for i, wide in enumerate(level.wide):
            shared = f"shared in {_count(wide.slices, 'slice')}"
            yield f"    {self._call(f'{name}_wide_{i}')}: {_count(wide.size, 'element')}, {shared}"
            yield from (f"      {self._uniform(node)}" for node in wide.nodes)
        for i, node in enumerate(level.panels):
            yield f"    {self._call(f'{name}_panel_{i}')}: shared in {_count(panels(node, self.cpu), 'panel')}"
            yield f"      {self._uniform(node)}"
        if level.totals:
            yield f"    by thread 0 the slices added up of {self._list(list(level.totals))}"
        for i, node in enumerate(level.narrow):
            yield f"    {self._call(f'{name}_narrow_{i}')}: by thread 0"
            yield f"      {self._uniform(node)}"

    def _uniform(self, node: Node) -> str:
        inputs = self._read(node)
        return f"{self._stored(node)}{', of ' + self._list(inputs) if inputs else ''}"

    # block phases

    def blocks(self, count: int, phase: Phase, *, with_data: bool) -> Iterator[str]:
        """A block phase: the data, the kernels, what comes late, the sums."""
        yield f"phase {count}, block by block" + (f", in rounds of {ROUND} blocks" if phase.late else "")
        if with_data:
            for number, node in enumerate(x for x in self.plan.graph.placeholders.values() if x.type.varying):
                yield from self._kernel(f"gather_{number}", self.schedule.gathered(node))
        for i, node in enumerate(phase.nodes):
            yield from self._kernel(f"block_{count}_{i}", node)
        for i, node in enumerate(phase.late):
            shared = _count(panels(node, self.cpu), "panel")
            yield f"  {self._call(f'late_{count}_{i}')}: {self.names[node]}, after each round, shared in {shared} of rows"
            yield f"    stores {self._stored(node)}"
        if phase.reductions:
            yield f"  then the sums of the groups, shared: {self._list(phase.reductions)}"

    def _kernel(self, name: str, node: Node) -> Iterator[str]:
        """What a kernel computes, reads and stores; what several kernels compute for themselves stands in each."""
        producer = self.schedule.fused.get(node)
        head = producer or node
        more = [x for x in computed(self.schedule, node) if x is not head]
        how = "fused" if producer else "inlined"
        shared = f", shared in {_count(self.plan.shared[node], 'panel')} of channels" if node in self.plan.shared else ""
        yield f"  {self._call(name)}: {self.names[head]}{shared}" + (f"; {how}: {self._list(more)}" if more else "")
        inputs = self._read(node)
        if inputs:
            yield f"    reads {self._list(inputs)}"
        partial = self.plan.buffers[node].partial
        if is_served_by(node, Late):
            yield f"    lays what comes late out in shared at {partial}"
        else:
            yield f"    stores {self._stored(node)}" + ("" if partial is None else f", the groups' sums at {partial}")

    def _read(self, node: Node) -> list[Node]:
        """What a kernel reads; a reshaped value goes by the name of what lies there."""
        return list(dict.fromkeys(map(self.schedule.memory, read(self.schedule, node))))

    def _list(self, nodes: Sequence[Node]) -> str:
        return ", ".join(self.names[node] for node in nodes)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
