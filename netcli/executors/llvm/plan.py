"""Where the values of a schedule lie: the buffers of a graph for batches of a size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from netcli.executors.llvm.hosting import room
from netcli.executors.llvm.ir import Layout
from netcli.executors.llvm.kernel import Inlined, Late, Reduction, Stored, SumOverAxes, is_served_by, kernel_of
from netcli.executors.llvm.reuse import Lifetime, place
from netcli.executors.llvm.schedule import Schedule
from netcli.executors.llvm.target import LANES, Cpu, whole_vectors
from netcli.graph import Graph, Node

#: A memory, which a buffer's place is counted in:
#: `shared` is of all threads, and of the whole batch; `round` is part of it, for the blocks of a round; `local` is a thread's
#: own, for a chunk of blocks; `state` holds the variables that the step changes, and `following` their new values.
Memory: TypeAlias = Literal["shared", "round", "local", "state", "following"]

#: The most groups of blocks whose partial sums are added in a fixed order, whatever the number of threads.
MOST_GROUPS = 8
#: Blocks of a round, a power of two: what late reductions read is kept for so many, however large the batch.
ROUND = 32
#: Multiply-adds of a block from which a kernel is shared by threads where there is but one block: they take 0.1 ms.
_MANY_PRODUCTS = 2**21
#: Channels that a panel should have at least, so that its tiles of registers are large.
_LEAST_CHANNELS = 8
_MOST_PANELS = 8
#: Floats that the values of a chunk may take, so that they stay in a core's own cache.
_CACHE = 160 * 1024
#: Floats of dense layers' weights from which a group should have several blocks, which share one passage over them.
_MANY_WEIGHTS = 32 * 1024


@dataclass(frozen=True)
class Buffer:
    """Where a value lies: floats from the start of its memory.

    Varying: blocks of sixteen lanes. `partial`: where a reduction's sums of groups (or slices) lie, one after another; of a
    late one, where the round's cotangents lie transposed. In `shared` memory.
    """

    memory: Memory
    offset: int
    layout: Layout
    varying: bool
    partial: int | None = None

    @property
    def floats(self) -> int:
        """Room of a block, or of a uniform value: whole vectors."""
        if self.varying:
            return self.layout.size * LANES
        return whole_vectors(self.layout.size)


class Plan:
    """The plan of a graph for batches of at most `examples`.

    `floats` is the size of each memory; `chunk` how many blocks a thread takes through a phase together; `groups` the number of
    groups; `scratch` where local memory begins that a kernel may use as it likes; `copies` are updates whose new value lies
    elsewhere, and has to be copied to the following state; `scalars` and `fed` the names of the outputs that a step reports,
    and of the data. A block that is `alone` in the batch is computed by all threads, which share the kernels in `shared`, each
    in so many panels of channels; all others are computed by thread 0.
    """

    def __init__(self, graph: Graph, cpu: Cpu, examples: int, cache: int = _CACHE) -> None:
        self.graph, self.cpu = graph, cpu
        self.blocks = -(-examples // LANES)
        self.schedule = Schedule(graph)
        self.scalars = [name for name, node in graph.outputs.items() if not node.type.varying and node.type.size == 1]
        self.fed = [label for label, node in graph.placeholders.items() if node.type.varying]
        self.alone = self.blocks == 1
        self.shared = self._shared() if self.alone else {}
        self.chunk = 1
        self.groups = self._groups()
        self.buffers: dict[Node, Buffer] = {}
        self.floats: dict[Memory, int] = {"shared": 0, "local": 0, "state": 0}
        self.copies: dict[Node, Node] = {}
        self._place_state()
        self._place_uniform()
        self._place_varying(cache)
        self._place_guests()

    def buffer(self, node: Node) -> Buffer:
        """The buffer of a stored node, or of what it is a reshape of."""
        return self.buffers[self.schedule.memory(node)]

    def _groups(self) -> int:
        """Fewer where weights are many and blocks few: a group's blocks share one passage over the weights."""
        weights = sum(kernel.weights(node) for node, kernel in _stored_kernels(self.graph))
        blocks = min(self.blocks, ROUND)
        return min(MOST_GROUPS, max(2, blocks // 4)) if weights >= _MANY_WEIGHTS else MOST_GROUPS

    def _shared(self) -> dict[Node, int]:
        """Of the stored node of each convolution's kernel that is worth it, how many panels."""
        panels = {}
        for node in self.schedule.stored:
            kernel = self.schedule.fused.get(node, node)
            code = kernel_of(kernel.op)
            if isinstance(code, Stored) and code.is_shared(kernel):
                products = LANES * kernel.op.flops(kernel.type, *(x.type for x in kernel.inputs)) // 2
                count = _panels(node.shape[0])
                if products >= _MANY_PRODUCTS and count > 1:
                    panels[node] = count
        return panels

    @property
    def threads(self) -> int:
        """How many threads have something to do."""
        return max(self.shared.values(), default=self.blocks)

    def _take(self, memory: Memory, floats: int) -> int:
        """Room in a memory; where it begins."""
        start = self.floats[memory]
        self.floats[memory] += floats
        return start

    def _place_state(self) -> None:
        """The variables that the step changes, and their new values, which lie alike; the two change places after the step."""
        for target, value in self.graph.updates.items():
            buffer = Buffer("state", 0, Layout.dense(target.shape), varying=False)
            offset = self._take("state", buffer.floats)
            self.buffers[target] = Buffer("state", offset, buffer.layout, varying=False)
            if self.schedule.memory(value) is value and value not in self.buffers and is_served_by(value, Inlined):
                self.buffers[value] = Buffer("following", offset, Layout.dense(value.shape), varying=False)
            else:
                self.copies[target] = value

    def _place_uniform(self) -> None:
        """Uniform values: constants, results, what no step changes; each reduction has its groups' sums too."""
        for node in self._stored(varying=False):
            kernel = kernel_of(node.op)
            layout = kernel.layout(node) if isinstance(kernel, Stored) else Layout.dense(node.shape)
            floats = whole_vectors(layout.size)
            offset = self._take("shared", floats)
            self.buffers[node] = Buffer("shared", offset, layout, varying=False, partial=self._partial(node, floats))

    def _partial(self, node: Node, floats: int) -> int | None:
        match kernel_of(node.op):
            case Late() as kernel:
                return self._take("shared", min(self.blocks, ROUND) * kernel.room(node))
            case Reduction():
                return self._take("shared", self.groups * floats)
            case SumOverAxes() if node in self.schedule.flat:
                return self._take("shared", LANES)
        return None

    def _stored(self, *, varying: bool) -> list[Node]:
        """The nodes that have a buffer of their own and none yet."""
        schedule = self.schedule
        return [
            node
            for node in self.graph.nodes
            if node.type.varying == varying
            and node in schedule.stored
            and schedule.memory(node) is node
            and node not in self.buffers
            and node not in schedule.houses.hosts
        ]

    def _place_varying(self, cache: int) -> None:
        """Varying values: those of one block phase only in each thread's own memory, the others for the round or the batch."""
        local: list[tuple[Node, Layout]] = []
        for node in self._stored(varying=True):
            layout = Layout.with_halo(node.shape, self.schedule.halos.get(node, (0, 0, 0, 0)))
            block = layout.size * LANES
            if self.schedule.crosses(node):
                self.buffers[node] = Buffer("shared", self._take("shared", block * self.blocks), layout, varying=True)
            elif self.schedule.is_late(node):
                offset = self._take("shared", block * min(self.blocks, ROUND))
                self.buffers[node] = Buffer("round", offset, layout, varying=True)
            else:
                local.append((node, layout))
        self._place_local(local, cache)
        scratch = [kernel.scratch(node, self.cpu) for node, kernel in _stored_kernels(self.graph)]
        self.scratch = self._take("local", max(scratch, default=0))

    def _place_guests(self) -> None:
        """Each has its part of its owner's buffer."""
        for node in self.schedule.houses.hosts:
            owner, start = self.schedule.houses.owner(node)
            buffer = self.buffers[owner]
            self.buffers[node] = replace(buffer, layout=room(node.shape, buffer.layout, start))

    def _place_local(self, local: Sequence[tuple[Node, Layout]], cache: int) -> None:
        """A thread's own values. They take turns, but for those with a halo, whose zeros must stay."""
        kernels = {node: number for number, node in enumerate(n for phase in self.schedule.phases for n in phase.nodes)}
        turns = [(node, layout) for node, layout in local if layout.offset == 0 and layout.size == node.type.size]
        fixed = [each for each in local if each not in turns]
        offsets, floats = place([self._lifetime(node, kernels) for node, _ in turns])
        for _, layout in fixed:
            offsets.append(floats)
            floats += layout.size * LANES
        self.chunk = max(1, min(cache // max(floats, 1), 8, self.blocks))
        for (node, layout), offset in zip([*turns, *fixed], offsets, strict=True):
            self.buffers[node] = Buffer("local", offset * self.chunk, layout, varying=True)
        self.floats["local"] = floats * self.chunk

    def _lifetime(self, node: Node, kernels: dict[Node, int]) -> Lifetime:
        """From the first kernel that stores some of a value to the last one that reads it; data is there from the start."""
        houses = self.schedule.houses
        stores = [kernels.get(each, -1) for each in houses.house(node) if not houses.needs_no_kernel(each)]
        readers = [kernels[reader] for reader in self.schedule.readers(node) if reader in kernels]
        return Lifetime(node.type.size * LANES, min(stores), max([*readers, *stores]))


def _panels(channels: int) -> int:
    """The most equal panels of enough channels."""
    return max(n for n in range(1, _MOST_PANELS + 1) if channels % n == 0 and (n == 1 or channels // n >= _LEAST_CHANNELS))


def _stored_kernels(graph: Graph) -> list[tuple[Node, Stored]]:
    """The nodes that have a kernel of their own, and these."""
    kernels = [(node, kernel_of(node.op)) for node in graph.nodes]
    return [(node, kernel) for node, kernel in kernels if isinstance(kernel, Stored)]
