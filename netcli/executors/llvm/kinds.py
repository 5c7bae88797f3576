"""What the code of a kernel depends on, before it is written.

Layers that are alike have kernels that are alike: they differ in where their values lie, and in the identities of their random
numbers. A kernel is given these as numbers when it is called. All else is its *kind*, a text: what is computed, of what types,
laid out how, in which memories, with which constants. Kernels of one kind have one code.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property, lru_cache
from hashlib import blake2b

from netcli.executors.llvm.ir import Layout
from netcli.executors.llvm.kernel import kernel_of
from netcli.executors.llvm.plan import Plan
from netcli.executors.llvm.target import LANES
from netcli.executors.llvm.texts import op_text
from netcli.graph import Constant, Node, Op, Placeholder, read_by

#: Modules of operations whose sources are part of every key.
_OWN = ("netcli.executors.llvm.", "netcli.graph.", "netcli.ops.")
#: The first number of a kernel: where memory begins that it may use as it likes.
SCRATCH = 0
#: The first number of a flat kernel: how many elements there are.
SIZE = 0


class Kind:
    """The kind of a kernel that stores `nodes`, as a text, and the numbers that it is called with.

    `head` is what else its code depends on: what sort of kernel it is, and its sizes. In the text nodes have numbers of their
    own, and so have places: two buffers at one place are told from two at two. `foreign` kernels compute an operation that is
    not netcli's own: nothing tells what their code depends on, so that each is a kind by itself.
    """

    def __init__(self, plan: Plan, head: str, nodes: Sequence[Node], name: str) -> None:
        self._plan, self._schedule, self._roots = plan, plan.schedule, set(nodes)
        self.numbers = [self._first()]
        self._slots: dict[tuple[object, ...], int] = {}
        self._known: dict[Node, int] = {}
        self._lines = [head]
        self.foreign = False
        for node in nodes:
            number, producer = self._described(node), self._schedule.fused.get(node)
            self._lines.append(f"stores #{number}" + (f" of #{self._known[producer]}" if producer else ""))
        self.text = f"foreign {name}" if self.foreign else "\n".join(self._lines)

    @cached_property
    def symbol(self) -> str:
        """The name of its function."""
        return f"kernel_{blake2b(self.text.encode(), digest_size=16).hexdigest()}"

    def place(self, memory: str, offset: int) -> int:
        """Which number says where something begins. Raises KeyError for a place that is no part of the kind."""
        return self._slots[_base(memory), offset]

    def identity(self, node: Node, field: str) -> int:
        """Which number is an identity of a node's operation. Raises KeyError for one that is no part of the kind."""
        return self._slots[node, field]

    def _first(self) -> int:
        return self._plan.scratch

    def _slot(self, key: tuple[object, ...], number: int) -> int:
        if key not in self._slots:
            self._slots[key] = len(self.numbers)
            self.numbers.append(number)
        return self._slots[key]

    def _described(self, node: Node) -> int:
        """The number of a node, after a line for it and for all that it is computed from inside the kernel."""
        if node in self._known:
            return self._known[node]
        stored = node in self._schedule.stored
        if stored and node not in self._roots:
            line = f"read {_alone(node)}"
        else:
            inputs = [self._described(x) for x in read_by(node)]
            line = f"{self._op(node)} {inputs}"
        if stored:
            line += self._placed(node)
        number = self._known[node] = len(self._known)
        self._lines.append(f"#{number} {line} {node.type.dtype} {node.type.varying} {self._shape(node)}")
        return number

    def _op(self, node: Node) -> str:
        op = node.op
        if isinstance(op, Placeholder):
            return "data"
        if is_foreign(op):
            self.foreign = True
            return "foreign"
        slots = [self._slot((node, field), getattr(op, field)) for field in op.identities]
        return f"{self._attributed(op)}{slots or ''}"

    def _placed(self, node: Node) -> str:
        """Where a stored node lies: all but the numbers."""
        buffer = self._plan.buffer(node)
        at = self._slot((_base(buffer.memory), buffer.offset), buffer.offset)
        text = f" in {buffer.memory} at {at} {buffer.varying}{self._laid_out(node)}"
        if node not in self._roots:
            return text
        if (partial := self._plan.buffers[node].partial) is not None:
            text += f" parts at {self._slot(('shared', partial), partial)}"
        kernel, houses = kernel_of(node.op), self._schedule.houses
        there = [houses.is_at_home(x, node, start) for x, start in kernel.parts(node)] if kernel else []
        return f"{text} there {there}" if there else text

    # what a flat kernel does not depend on

    def _attributed(self, op: Op) -> str:
        return _op_text(op)

    def _shape(self, node: Node) -> str:
        return f"{node.shape}"

    def _laid_out(self, node: Node) -> str:
        reshaped = "" if self._schedule.memory(node) is node else " reshaped"
        return f" {_layout_text(self._plan.buffer(node).layout)}{reshaped}"


class FlatKind(Kind):
    """The kind of a flat kernel, a loop over the elements of uniform values; how many these are is its first number."""

    def __init__(self, plan: Plan, size: int, nodes: Sequence[Node], name: str) -> None:
        self._size = size
        super().__init__(plan, f"flat, {'whole' if size % LANES == 0 else 'broken'} vectors", nodes, name)

    def _first(self) -> int:
        return self._size

    def _attributed(self, op: Op) -> str:
        """Of what only moves elements or adds them up, nothing but the operation itself."""
        kernel = kernel_of(op)
        return op.name if kernel and kernel.only_shapes else super()._attributed(op)

    def _shape(self, node: Node) -> str:
        return "one" if node.type.size == 1 else "all"

    def _laid_out(self, node: Node) -> str:
        return ""


def is_foreign(op: Op) -> bool:
    """Whether an operation is not netcli's own: its source is no part of a key."""
    return not type(op).__module__.startswith(_OWN)


def _base(memory: str) -> str:
    """The memory that a place is counted in: a round's is part of the shared one."""
    return "shared" if memory == "round" else memory


def _alone(node: Node) -> str:
    """What code may depend on of a node that it reads: a single number stands in it."""
    return _op_text(node.op) if isinstance(node.op, Constant) and node.type.size == 1 else ""


@cache
def _layout_text(layout: Layout) -> str:
    return f"{layout.shape} {layout.strides} {layout.offset} {layout.size}"


@lru_cache(4096)
def _op_text(op: Op) -> str:
    return op_text(op)
