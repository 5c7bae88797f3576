"""What is computed when: the phases of a step, and the kernels of each.

A step is a sequence of phases, alternately uniform and block phases. A *uniform phase* computes values that are one for all
examples. A *block phase* runs over the batch, sixteen examples (a block) at a time: all varying values, and the reductions over
the batch, whose results the next uniform phase uses. Between two phases all threads meet.

Most reductions are summed by groups of blocks, whose sums are added in a fixed order. The gradient of a dense layer's weights
comes *late* instead: after a round of blocks, for all of them at once, and the threads share its rows. So it needs no room for
the sums of groups, which for a large matrix would be many times what the caches hold.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from netcli.errors import ExecutorError
from netcli.executors.llvm.fusion import fused_producers
from netcli.executors.llvm.hosting import houses_of
from netcli.executors.llvm.kernel import (
    Beforehand,
    Halo,
    Inlined,
    Kernel,
    Late,
    Reduction,
    Stored,
    SumOverAxes,
    is_served_by,
    kernel_of,
)
from netcli.executors.llvm.levels import Level, levels_of
from netcli.executors.llvm.storage import copied_reshapes, is_view, memory_of, stored_nodes
from netcli.graph import Graph, Leaf, Node, Placeholder


@dataclass
class Phase:
    """The kernels of a phase, in graph order: each stores one node, or, of a late one, prepares it block by block."""

    varying: bool
    nodes: list[Node] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)  # of a uniform phase: how the threads share it

    @property
    def reductions(self) -> list[Node]:
        """Those that are summed by groups."""
        return [node for node in self.nodes if is_served_by(node, Reduction) and not is_served_by(node, Late)]

    @property
    def late(self) -> list[Node]:
        """Those whose sums the threads share after each round."""
        return [node for node in self.nodes if is_served_by(node, Late)]


class Schedule:
    """The phases of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._wanted = frozenset(graph.outputs.values())
        self.order = {node: number for number, node in enumerate(graph.nodes)}
        check_served(graph)
        self.level = _levels(graph)
        self.stored = stored_nodes(graph, self.level)
        self.fused = fused_producers(graph, self.stored, self.level)
        self.stored -= set(self.fused.values())
        self.houses = houses_of(graph, self.stored)
        self.halos = self.houses.widened(_halos(graph))
        self.copied = copied_reshapes(graph, self.stored, self.halos)
        self.flat = {node for node in self.stored if _can_be_flat(node, self.stored)}
        self._aliases: dict[Node, list[Node]] = {}  # for each buffer's node, the stored nodes whose values lie there
        for node in graph.nodes:
            if node in self.stored:
                self._aliases.setdefault(self.memory(node), []).append(node)
        self.phases = self._phases()

    def memory(self, node: Node) -> Node:
        """The node in whose buffer a stored value lies."""
        return memory_of(node, self.copied)

    def gathered(self, placeholder: Node) -> Node:
        """What is stored as the data are gathered: a placeholder's value, or what it is fused into."""
        return next((node for node, producer in self.fused.items() if producer is placeholder), placeholder)

    def _is_gathered(self, node: Node) -> bool:
        return node in self.fused and isinstance(self.fused[node].op, Placeholder)

    def _phases(self) -> list[Phase]:
        """Uniform phase 0, block phase 0, uniform phase 1, …; empty ones are left out."""
        count = max(self.level.values(), default=0) + 1
        phases = [Phase(varying) for _ in range(count) for varying in (False, True)]
        for node in self.graph.nodes:
            own = self.memory(node) is node and not self.houses.needs_no_kernel(node)
            if node in self.stored and is_served_by(node, Inlined, Stored) and own:
                in_blocks = node.type.varying or is_served_by(node, Reduction)
                if not self._is_gathered(node):
                    phases[2 * self.level[node] + in_blocks].nodes.append(node)
        for phase in phases:
            if not phase.varying:
                phase.levels = levels_of(phase.nodes, self.stored, self.flat)
        fed = any(node.type.varying for node in self.graph.placeholders.values())  # the first block phase gathers the data
        return [phase for phase in phases if phase.nodes or (fed and phase is phases[1])]

    def readers(self, node: Node) -> list[Node]:
        """The stored nodes that read what lies in a buffer, through inlined nodes."""
        found: list[Node] = []
        stack = [user for each in self.houses.house(node) for alias in self._aliases[each] for user in self.graph.users[alias]]
        while stack:
            user = stack.pop()
            if user in self.stored:
                found.append(user)
            else:
                stack.extend(self.graph.users[user])
        return found

    def crosses(self, node: Node) -> bool:
        """Whether something of what lies in a buffer is wanted in another phase than that it is made in, or as an output."""
        house = self.houses.house(node)
        if any(alias in self._wanted for each in house for alias in self._aliases[each]):
            return True
        return len({self.level[each] for each in (*house, *self.readers(node))}) > 1

    def is_late(self, node: Node) -> bool:
        """Whether something of what lies in a buffer is wanted after its round."""
        house = self.houses.house(node)
        return any(is_served_by(reader, Late) and self.memory(reader.inputs[0]) in house for reader in self.readers(node))


def check_served(graph: Graph) -> None:
    """Raise ExecutorError for a node that cannot be served."""
    for node in graph.nodes:
        if not (isinstance(node.op, Leaf) or is_served_by(node, Kernel)):
            name, layer = graph.names[node], f" of layer {node.origin.layer}" if node.origin.layer else ""
            raise ExecutorError(
                f"the llvm executor has no code for {name}, a {node.op.name}{layer}",
                hint="executor: numpy runs every operation; llvm those that are derived from Elementwise, too",
            )
        if node.type.dtype == "float64":
            raise ExecutorError(
                f"the llvm executor computes in float32: {graph.names[node]} is {node.type}",
                hint="executor: numpy computes in float64",
            )


def _halos(graph: Graph) -> dict[Node, Halo]:
    """The zeros that padded convolutions want around what they read."""
    halos: dict[Node, Halo] = {}
    for user in graph.nodes:
        kernel = kernel_of(user.op)
        for node, halo in kernel.halos(user) if isinstance(kernel, Stored) else ():
            if any(halo):
                halos[node] = tuple(map(max, halos.get(node, halo), halo))  # type: ignore[assignment]
    return halos


def _levels(graph: Graph) -> dict[Node, int]:
    """The phase of each node: how many reductions over the batch lie before it on the longest way.

    A uniform value comes as late as those who read it allow, so that what is read once more for the report (the norm of a
    weight, say) is read in the loop that reads it anyway.
    """
    level: dict[Node, int] = {}
    for node in graph.nodes:
        inputs = [] if is_served_by(node, Beforehand) else node.inputs
        level[node] = max((level[x] + is_served_by(x, Reduction) for x in inputs), default=0)
    last = max(level.values(), default=0)
    for node in reversed(graph.nodes):
        if not node.type.varying and is_served_by(node, Inlined, SumOverAxes):
            level[node] = min((level[user] for user in graph.users[node]), default=last)
    return level


def _can_be_flat(node: Node, stored: set[Node]) -> bool:
    """Whether a uniform value (or the sum of one over all axes) is made of elements of one shape and scalars only."""
    if node.type.varying or not is_served_by(node, Inlined, SumOverAxes) or is_view(node):
        return False
    if is_served_by(node, SumOverAxes):
        (x,) = node.inputs
        return node.type.size == 1 and x.type.size > 1 and not x.type.varying and _is_flat(x, x.type.size, stored)
    return node.type.size > 1 and _is_made_flat(node, node.type.size, stored)


def _is_flat(node: Node, size: int, stored: set[Node]) -> bool:
    if node.type.size not in {1, size}:
        return False
    return node in stored or not node.inputs or _is_made_flat(node, size, stored)


def _is_made_flat(node: Node, size: int, stored: set[Node]) -> bool:
    """Whether what a node is computed from is flat."""
    kernel = kernel_of(node.op)
    if isinstance(kernel, Inlined) and kernel.by_number:
        return False
    return all(_is_flat(x, size, stored) for x in node.inputs)
