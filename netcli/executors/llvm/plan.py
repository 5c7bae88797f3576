"""What is computed when, and where its values lie: phases, kernels and buffers of a graph.

A step is a sequence of phases, alternately uniform and block phases. A *uniform phase* computes values that are one for all
examples. A *block phase* runs over the batch, sixteen examples (a block) at a time: all varying values, and the reductions over
the batch, whose results the next uniform phase uses. Between two phases all threads meet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netcli.errors import ExecutorError
from netcli.executors.llvm.ir import Layout
from netcli.executors.llvm.kernels.conv2d import conv_halo, input_grad_halo
from netcli.executors.llvm.kernels.dense import weight_grad_scratch
from netcli.executors.llvm.levels import Level, levels_of
from netcli.executors.llvm.reuse import Lifetime, place
from netcli.executors.llvm.storage import INLINED, REDUCTIONS, STORED, copied_reshapes, memory_of, stored_nodes
from netcli.executors.llvm.target import LANES
from netcli.graph import Constant, Graph, Node, Op, Placeholder, Variable
from netcli.ops.conv2d import Conv2D, Conv2DInputGrad, Conv2DWeightGrad
from netcli.ops.dense import DenseWeightGrad
from netcli.ops.one_hot import OneHot
from netcli.ops.reduce import BatchSize, Sum
from netcli.ops.shape import Reshape

#: What there is code for in uniform phases besides expressions.
_UNIFORM: tuple[type[Op], ...] = (Sum, BatchSize, Placeholder, Variable, Constant)
#: Groups of blocks whose partial sums are added in a fixed order, whatever the number of threads.
GROUPS = 8


@dataclass(frozen=True)
class Buffer:
    """Where a value lies: floats from the start of its memory (`shared`, of all threads, or `local`, a thread's own).

    Varying: `blocks` blocks of sixteen lanes. `partial`: where a reduction's sums of groups (or slices) lie, one after another.
    """

    memory: str
    offset: int
    layout: Layout
    varying: bool
    partial: int | None = None

    @property
    def floats(self) -> int:
        """Room of a block, or of a uniform value: whole vectors."""
        if self.varying:
            return self.layout.size * LANES
        return -(-self.layout.size // LANES) * LANES


@dataclass
class Phase:
    """The kernels of a phase, in graph order: each stores one node."""

    varying: bool
    nodes: list[Node] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)  # of a uniform phase: how the threads share it


class Plan:
    """The plan of a graph for batches of at most `examples`."""

    def __init__(self, graph: Graph, examples: int, cache_floats: int = 160 * 1024) -> None:
        self.graph = graph
        self.scalars = [name for name, node in graph.outputs.items() if not node.type.varying and node.type.size == 1]
        self.fed = [label for label, node in graph.placeholders.items() if node.type.varying]
        self.blocks = -(-examples // LANES)
        self._check()
        self.level = _levels(graph)
        self.stored = stored_nodes(graph, self.level)
        self.halos = _halos(graph)
        self.copied = copied_reshapes(graph, self.stored, self.halos)
        self._roots = {node: memory_of(node, self.copied) for node in graph.nodes}
        self._aliases: dict[Node, list[Node]] = {}  # the stored values that lie in each buffer
        for node, root in self._roots.items():
            if node in self.stored:
                self._aliases.setdefault(root, []).append(node)
        self.flat = {node for node in self.stored if _can_be_flat(node, self.stored)}
        self.phases = self._phases()
        self.chunk = 1
        self.buffers: dict[Node, Buffer] = {}
        self.staged: dict[Node, int] = {}  # where new values wait that are old values of other variables
        self.shared_floats = self.local_floats = self.scratch = 0
        self._place_uniform()
        self._place_varying(cache_floats)

    def _check(self) -> None:
        """Raise ExecutorError for a node that cannot be served."""
        for node in self.graph.nodes:
            if not isinstance(node.op, (*INLINED, *STORED, Placeholder, Variable, Constant)):
                name = self.graph.names[node]
                raise ExecutorError(
                    f"the llvm executor has no code for {name}, a {node.op.name} of layer {node.origin.layer}",
                    hint="executor: numpy runs every operation",
                )
            if node.type.dtype == "float64" or (node.type.dtype == "uint32" and node.type.varying):
                raise ExecutorError(f"the llvm executor computes in float32: {self.graph.names[node]} is {node.type}")
            if not node.type.varying and not isinstance(node.op, (*INLINED, *REDUCTIONS, *_UNIFORM)):
                name = self.graph.names[node]
                raise ExecutorError(f"the llvm executor has no code for {name}, a {node.op.name} of uniform values")

    def memory(self, node: Node) -> Node:
        """The node in whose buffer a stored value lies."""
        return self._roots[node]

    def _phases(self) -> list[Phase]:
        """Uniform phase 0, block phase 0, uniform phase 1, …; empty ones are left out."""
        count = max(self.level.values(), default=0) + 1
        phases = [Phase(varying) for _ in range(count) for varying in (False, True)]
        for node in self.graph.nodes:
            if node in self.stored and isinstance(node.op, (*INLINED, *STORED)) and self.memory(node) is node:
                in_blocks = node.type.varying or isinstance(node.op, REDUCTIONS)
                if not isinstance(node.op, BatchSize):
                    phases[2 * self.level[node] + in_blocks].nodes.append(node)
        for phase in phases:
            if not phase.varying:
                phase.levels = levels_of(phase.nodes, self.stored, self.flat)
        fed = any(node.type.varying for node in self.graph.placeholders.values())  # the first block phase gathers the data
        return [phase for phase in phases if phase.nodes or (fed and phase is phases[1])]

    def _place_uniform(self) -> None:
        """Uniform values: the state, constants, results; each reduction has its groups' sums too."""
        for node in self.graph.nodes:
            if node.type.varying or node not in self.stored or self.memory(node) is not node:
                continue
            layout = Layout.dense(node.shape)
            buffer = Buffer("shared", self.shared_floats, layout, varying=False)
            self.shared_floats += buffer.floats
            if isinstance(node.op, REDUCTIONS):
                buffer = Buffer("shared", buffer.offset, layout, varying=False, partial=self.shared_floats)
                self.shared_floats += GROUPS * buffer.floats
            elif node in self.flat and isinstance(node.op, Sum):
                buffer = Buffer("shared", buffer.offset, layout, varying=False, partial=self.shared_floats)
                self.shared_floats += LANES
            self.buffers[node] = buffer
        for target, value in self.graph.updates.items():
            root = self.memory(value)
            if root in self.graph.updates and root is not target:
                self.staged[target] = self.shared_floats
                self.shared_floats += self.buffers[target].floats

    def _place_varying(self, cache_floats: int) -> None:
        """Varying values: those of one block phase only in each thread's own memory, the others for the whole batch."""
        local: list[tuple[Node, Layout]] = []
        for node in self.graph.nodes:
            if not node.type.varying or node not in self.stored or self.memory(node) is not node:
                continue
            layout = Layout.with_halo(node.shape, self.halos.get(node, (0, 0, 0, 0)))
            if self._crosses(node):
                self.buffers[node] = Buffer("shared", self.shared_floats, layout, varying=True)
                self.shared_floats += layout.size * LANES * self.blocks
            else:
                local.append((node, layout))
        self._place_local(local, cache_floats)

    def _place_local(self, local: Sequence[tuple[Node, Layout]], cache_floats: int) -> None:
        """A thread's own values. They take turns, but for those with a halo, whose zeros must stay."""
        kernels = {node: number for number, node in enumerate(node for phase in self.phases for node in phase.nodes)}
        turns = [(node, layout) for node, layout in local if layout.offset == 0 and layout.size == node.type.size]
        fixed = [each for each in local if each not in turns]
        offsets, floats = place([self._lifetime(node, kernels) for node, _ in turns])
        for _, layout in fixed:
            offsets.append(floats)
            floats += layout.size * LANES
        self.chunk = max(1, min(cache_floats // max(floats, 1), 8, self.blocks))
        for (node, layout), offset in zip([*turns, *fixed], offsets, strict=True):
            self.buffers[node] = Buffer("local", offset * self.chunk, layout, varying=True)
        self.scratch = floats * self.chunk
        scratches = (weight_grad_scratch(node.shape[1]) for node in self.graph.nodes if isinstance(node.op, DenseWeightGrad))
        self.local_floats = self.scratch + max(scratches, default=0) * self.chunk

    def _lifetime(self, node: Node, kernels: Mapping[Node, int]) -> Lifetime:
        """From the kernel that stores a value to the last one that reads it; data is there from the start."""
        readers = [kernels[user] for other in self._aliases[node] for user in self._readers(other) if user in kernels]
        first = kernels.get(node, -1)
        return Lifetime(node.type.size * LANES, first, max(readers, default=first))

    def _crosses(self, node: Node) -> bool:
        """Whether a varying value is wanted in another phase than its own, or as an output."""
        aliases = self._aliases[node]
        if any(other in self.graph.outputs.values() for other in aliases):
            return True
        return any(self.level[user] != self.level[node] for other in aliases for user in self._readers(other))

    def _readers(self, node: Node) -> list[Node]:
        """The stored nodes that read a node, through inlined ones."""
        found: list[Node] = []
        stack = list(self.graph.users[node])
        while stack:
            user = stack.pop()
            if user in self.stored:
                found.append(user)
            else:
                stack.extend(self.graph.users[user])
        return found


def _halos(graph: Graph) -> dict[Node, tuple[int, int, int, int]]:
    """The zeros that padded convolutions want around what they read."""
    halos: dict[Node, tuple[int, int, int, int]] = {}
    for user in graph.nodes:
        wanted: list[tuple[Node, tuple[int, int, int, int]]] = []
        match user.op, user.inputs:
            case Conv2D(window=window), (x, _):
                wanted = [(x, conv_halo(window, (x.shape[1], x.shape[2])))]
            case Conv2DWeightGrad(window=window), (x, _):
                wanted = [(x, conv_halo(window, (x.shape[1], x.shape[2])))]
            case Conv2DInputGrad(window=window, image=image), (_, g):
                wanted = [(g, input_grad_halo(window, image))]
        for node, halo in wanted:
            if any(halo):
                halos[node] = tuple(map(max, halos.get(node, halo), halo))  # type: ignore[assignment]
    return halos


def _levels(graph: Graph) -> dict[Node, int]:
    """The phase of each node: how many reductions over the batch lie before it on the longest way."""
    level: dict[Node, int] = {}
    for node in graph.nodes:
        inputs = [] if isinstance(node.op, BatchSize) else node.inputs
        level[node] = max((level[x] + isinstance(x.op, REDUCTIONS) for x in inputs), default=0)
    return level


def _can_be_flat(node: Node, stored: set[Node]) -> bool:
    """Whether a uniform value (or the sum of one over all axes) is made of elements of one shape and scalars only."""
    if node.type.varying or not isinstance(node.op, (*INLINED, Sum)) or isinstance(node.op, Reshape):
        return False
    if isinstance(node.op, Sum):
        (x,) = node.inputs
        return node.type.size == 1 and x.type.size > 1 and not x.type.varying and _is_flat(x, x.type.size, stored)
    return node.type.size > 1 and _is_flat(node, node.type.size, stored - {node})


def _is_flat(node: Node, size: int, stored: set[Node]) -> bool:
    if node.type.size not in {1, size} or node.type.dtype == "uint32":
        return False
    if node in stored or not node.inputs:
        return True
    if isinstance(node.op, OneHot):  # needs the number of each element
        return False
    return all(_is_flat(x, size, stored) for x in node.inputs)
