"""Values of nodes inside a kernel: read from their buffers, or computed on the spot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from llvmlite import ir

from netcli.errors import ExecutorError
from netcli.executors.llvm.ir import F32, I32, I64, Array, Emitter, Epilogue, Index, Layout
from netcli.executors.llvm.kernel import Inlined, kernel_of
from netcli.executors.llvm.kinds import SCRATCH, SIZE, Kind
from netcli.executors.llvm.lanes import Lanes, Namespace, from_memory, to_memory
from netcli.executors.llvm.plan import ROUND, Memory, Plan
from netcli.executors.llvm.target import LANES
from netcli.graph import Constant, Node

#: The parameters of every kernel, see `Scope`: four memories, then part, first, blocks, examples, the numbers of its kind.
KERNEL: list[ir.Type] = [*[F32.as_pointer()] * 4, *[I64] * 4, I64.as_pointer()]

_INTS = ir.VectorType(I32, LANES)
_LANE_NUMBERS = ir.Constant(_INTS, list(range(LANES)))


class Scope:
    """The inside of a kernel function: its parameters are `KERNEL`.

    Blocks are counted from `first`, the number of the first one in the batch; `part` is the number of a group of blocks, of a
    slice of a wide loop, or of a panel of rows. In a *flat* scope, of a uniform phase, an index stands for sixteen neighbouring
    elements of a uniform value, and the lanes are these. Where values lie is among the numbers of the kernel's kind; they are
    read, and arrays found, where the function begins.
    """

    def __init__(self, emitter: Emitter, plan: Plan, kind: Kind, arguments: Sequence[ir.Value], flat: bool = False) -> None:
        self.e, self.plan, self.schedule, self.kind, self.flat = emitter, plan, plan.schedule, kind, flat
        local, shared, state, following, self.part, self.first, self.blocks, self.examples, self._numbers = arguments
        self._memories = {"local": local, "shared": shared, "round": shared, "state": state, "following": following}
        self.xp = Namespace(emitter)
        self._known: dict[tuple[object, ...], Lanes] = {}
        self._read_numbers: dict[int, ir.Value] = {}
        self._arrays: dict[Node, Array] = {}

    def array(self, node: Node) -> Array:
        """Where a stored node's value lies; of a reshape, the memory of what it was made of, row-major."""
        if node not in self._arrays:
            self._arrays[node] = self._array(node)
        return self._arrays[node]

    def _array(self, node: Node) -> Array:
        buffer = self.plan.buffer(node)
        start = self._place(buffer.memory, buffer.offset)
        with self.e.b.goto_entry_block():
            if buffer.varying and buffer.memory == "shared":
                start = self.e.b.gep(start, [self.e.index(self.e.mul(self.first, buffer.floats))])
            elif buffer.memory == "round":
                start = self.e.b.gep(start, [self.e.index(self.e.mul(self.in_round, buffer.floats))])
        layout = buffer.layout if self.schedule.memory(node) is node else Layout.dense(node.shape)
        return Array(start, layout, buffer.varying)

    def _number(self, which: int) -> ir.Value:
        """A number of the kernel's kind."""
        if which not in self._read_numbers:
            with self.e.b.goto_entry_block():
                self._read_numbers[which] = self.e.b.load(self.e.b.gep(self._numbers, [I64(which)]))
        return self._read_numbers[which]

    def _place(self, memory: Memory, offset: int) -> ir.Value:
        """The address of a place of the kernel's kind."""
        return self._address(memory, self.kind.place(memory, offset))

    def _address(self, memory: Memory, which: int) -> ir.Value:
        offset = self._number(which)
        with self.e.b.goto_entry_block():
            return self.e.b.gep(self._memories[memory], [offset])

    @property
    def scratch(self) -> ir.Value:
        """The memory of this thread that a kernel may use as it likes."""
        return self._address("local", SCRATCH)

    @property
    def in_round(self) -> ir.Value:
        """The number of the first block in its round."""
        return self.e.b.and_(self.first, I64(ROUND - 1))

    def partial(self, node: Node) -> Array:
        """Where the present group's sums of a reduction lie."""
        buffer = self.plan.buffers[node]
        group: Index = 0 if self.plan.alone else self.part
        start = self.e.b.gep(self.partials(node), [self.e.index(self.e.mul(group, buffer.floats))])
        return Array(start, buffer.layout, varying=False)

    def partials(self, node: Node) -> ir.Value:
        """Where the parts of a sum begin: those of groups, those of the slices of a wide loop; or a late sum's cotangents."""
        offset = self.plan.buffers[node].partial
        assert offset is not None, "a reduction has room for its parts"
        return self._place("shared", offset)

    def epilogue(self, node: Node, producer: Node) -> Epilogue:
        """What is stored of a node at an index, from the value of the producer that it is fused with."""

        def stored(value: ir.Value, indices: Sequence[Index], block: Index) -> ir.Value:
            self.forget()
            indices = _broadcast(producer, indices, self.flat)
            self._known[_key(producer, indices)] = from_memory(self.e, value, producer.type.dtype)
            return to_memory(self.at(node, indices, block, compute=True))

        return stored

    def forget(self) -> None:
        """Begin a new element: what was computed for the last one is not valid any more."""
        self._known.clear()

    def at(self, node: Node, indices: Sequence[Index], block: Index, *, compute: bool = False) -> Lanes:
        """The value of an element of a node: read if it is stored, unless `compute` says that it is what is being stored."""
        key = _key(node, indices)
        if key not in self._known:
            if node in self.schedule.stored and not compute:
                self._known[key] = self._read(node, indices, block)
            else:
                self._known[key] = self._computed(node, indices, block)
        return self._known[key]

    def _read(self, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        if isinstance(node.op, Constant) and node.type.size == 1:
            return self._constant(node)
        array, dtype = self.array(node), node.type.dtype
        if self.flat:
            address = self.e.b.gep(array.pointer, [self.e.index(indices[0] if node.type.size > 1 else 0)])
        else:
            address = self.e.address(array, indices, block)
        if array.varying:
            return from_memory(self.e, self.e.load(address), dtype)
        if self.flat and node.type.size > 1:
            return from_memory(self.e, self.e.load_unaligned(address), dtype)
        return from_memory(self.e, self.e.splat(self.e.b.load(address)), dtype)

    def _computed(self, node: Node, indices: Sequence[Index], block: Index) -> Lanes:
        if isinstance(node.op, Constant):
            return self._constant(node)
        kernel = kernel_of(node.op)
        assert isinstance(kernel, Inlined), f"{node!r} is computed by a kernel of its own"
        return kernel.value(self, node, indices, block)

    def operand(self, x: Node, indices: Sequence[Index], block: Index) -> Lanes:
        """The value of an input that may be broadcast, at an index of the result."""
        return self.at(x, _broadcast(x, indices, self.flat), block)

    def _constant(self, node: Node) -> Lanes:
        assert isinstance(node.op, Constant)
        if node.type.size != 1:
            raise ExecutorError(f"constant {node!r} has no buffer")
        return Lanes.constant(self.e, node.op.value.reshape(()).item(), node.type.dtype)

    def example(self, block: Index) -> Lanes:
        """The number in the batch of each lane's example, as uint32."""
        e = self.e
        start = e.b.trunc(e.index(e.mul(e.add(self.first, block), LANES)), I32)
        return Lanes(e, e.b.add(self._splat_int(start), _LANE_NUMBERS), "uint32")

    def identity(self, node: Node, field: str) -> ir.Value:
        """An identity of a node's operation, which the kernel is told, as i32; as a number, it is there where it begins."""
        number = self._number(self.kind.identity(node, field))
        with self.e.b.goto_entry_block():
            return self.e.b.trunc(number, I32)

    def integer(self, number: ir.Value) -> Lanes:
        """An i32 as uint32 in all lanes."""
        return Lanes(self.e, self._splat_int(number), "uint32")

    def _splat_int(self, number: ir.Value) -> ir.Value:
        undefined = ir.Constant(_INTS, ir.Undefined)
        first = self.e.b.insert_element(undefined, number, I32(0))
        return self.e.b.shuffle_vector(first, undefined, ir.Constant(_INTS, [0] * LANES))

    def occupied(self, block: Index) -> ir.Value:
        """Which lanes of a block hold an example: a vector of booleans."""
        e = self.e
        start = e.mul(e.add(self.first, block), LANES)
        left = e.b.trunc(e.b.sub(self.examples, e.index(start)), I32)
        return e.b.icmp_signed("<", _LANE_NUMBERS, self._splat_int(left))

    def below(self, index: Index) -> ir.Value:
        """Which of sixteen neighbouring elements of a flat kernel there are: a vector of booleans."""
        e = self.e
        left = e.b.trunc(e.b.sub(self._number(SIZE), e.index(index)), I32)
        return e.b.icmp_signed("<", _LANE_NUMBERS, self._splat_int(left))

    def empty_lanes_to_zero(self, node: Node) -> None:
        """In the last block of a batch, clear what a reduction over lanes must not count. Empty lanes matter to nobody else."""
        e, array = self.e, self.array(node)
        last = e.b.sub(self.blocks, e.index(1))
        end = e.mul(e.add(self.first, self.blocks), LANES)
        with e.b.if_then(e.b.icmp_signed("<", self.examples, e.index(end))):
            kept = self.occupied(last)
            with self.over(node.shape) as indices:
                address = e.address(array, indices, last)
                e.store(e.b.select(kept, e.load(address), e.splat(0.0)), address)

    @contextmanager
    def over(self, shape: Sequence[int]) -> Iterator[tuple[Index, ...]]:
        """A loop over every index of a shape, row-major; no loop for an axis of 1."""
        with ExitStack() as loops:
            yield tuple(loops.enter_context(self.e.loop(n)) if n != 1 else 0 for n in shape)

    def put(self, value: Lanes, address: ir.Value) -> None:
        """Store an element of a varying value."""
        self.e.store(to_memory(value), address)


def _key(node: Node, indices: Sequence[Index]) -> tuple[object, ...]:
    """What an element that is known is found by."""
    return (node, tuple(i if isinstance(i, int) else id(i) for i in indices))


def _broadcast(x: Node, indices: Sequence[Index], flat: bool) -> tuple[Index, ...]:
    """The indices of an operand that may be broadcast."""
    if flat:
        return tuple(indices) if x.type.size > 1 else (0,)
    if not x.shape:
        return ()
    return tuple(0 if n == 1 else i for n, i in zip(x.shape, indices, strict=True))


def one_of(value: Lanes) -> ir.Value:
    """What of a uniform value is written to memory: lane 0, as all lanes are alike."""
    return value.emitter.b.extract_element(to_memory(value), I32(0))
