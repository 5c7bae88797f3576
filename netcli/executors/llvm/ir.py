"""Writing LLVM IR: loops as context managers, vectors of sixteen lanes, arrays with strides. No raw blocks in kernels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from llvmlite import ir

from netcli.executors.llvm.target import LANES

F32, I1, I8, I32, I64 = ir.FloatType(), ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)
VECTOR = ir.VectorType(F32, LANES)
#: A number that is known now, or a value of the generated program.
Index: TypeAlias = int | ir.Value
#: From a value that a kernel has computed (sixteen lanes), its indices and its block, to what is stored in its place.
Epilogue: TypeAlias = Callable[[ir.Value, Sequence[Index], Index], ir.Value]

_ALIGNMENT = 64
# constants that are written often are one object each: their long text is made once
_UNDEFINED, _FIRST = ir.Constant(VECTOR, ir.Undefined), ir.Constant(ir.VectorType(I32, LANES), None)
_known: dict[tuple[ir.Type, str], ir.Constant] = {}


def same(element: ir.Type, number: float) -> ir.Constant:
    """A number in all lanes."""
    key = element, repr(number)  # the text tells -0.0 from 0.0
    if key not in _known:
        _known[key] = ir.Constant(ir.VectorType(element, LANES), [number] * LANES)
    return _known[key]


@dataclass(frozen=True)
class Layout:
    """Where the elements of an array lie: element `(i, j, …)` of a block is `offset + Σ index · stride` after its start.

    An element is sixteen lanes of a varying value (one for each example of a block), one number of a uniform one. `size` is
    the number of elements of a block; it includes the halo, zeros around an image that a padded convolution reads.
    """

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    size: int

    @classmethod
    def dense(cls, shape: tuple[int, ...]) -> Layout:
        """Row-major, nothing around it."""
        return cls.with_halo(shape, (0, 0, 0, 0))

    @classmethod
    def with_halo(cls, shape: tuple[int, ...], halo: tuple[int, int, int, int]) -> Layout:
        """Row-major images with rows above and below, columns to the left and right; `(…, h, w)` if any of them is not 0."""
        top, bottom, left, right = halo
        extents = list(shape)
        if any(halo):
            extents[-2] += top + bottom
            extents[-1] += left + right
        strides = [1] * len(extents)
        for axis in range(len(extents) - 2, -1, -1):
            strides[axis] = strides[axis + 1] * extents[axis + 1]
        size = strides[0] * extents[0] if extents else 1
        offset = top * strides[-2] + left * strides[-1] if any(halo) else 0
        return cls(shape, tuple(strides), offset, size)


@dataclass(frozen=True)
class Array:
    """A pointer to float32 and the layout of what lies there, block after block if varying."""

    pointer: ir.Value
    layout: Layout
    varying: bool


class Emitter:
    """Writes one function. Methods give values of the generated program; numbers that are known now stay Python's."""

    def __init__(self, module: ir.Module, builder: ir.IRBuilder) -> None:
        self.module, self.b = module, builder

    # numbers and addresses

    def index(self, value: Index) -> ir.Value:
        """An index as a value."""
        return value if isinstance(value, ir.Value) else I64(value)

    def add(self, x: Index, y: Index) -> Index:
        """x + y."""
        if isinstance(x, int) and isinstance(y, int):
            return x + y
        if x == 0 or y == 0:
            return y if isinstance(x, int) and x == 0 else x
        return self.b.add(self.index(x), self.index(y))

    def mul(self, x: Index, y: Index) -> Index:
        """x · y."""
        if isinstance(x, int) and isinstance(y, int):
            return x * y
        for one, other in ((x, y), (y, x)):
            if isinstance(one, int) and one in {0, 1}:
                return 0 if one == 0 else other
        return self.b.mul(self.index(x), self.index(y))

    def element(self, layout: Layout, indices: Sequence[Index], block: Index = 0) -> Index:
        """Elements from the start of an array to one of them."""
        at: Index = self.add(self.mul(block, layout.size), layout.offset)
        for i, stride in zip(indices, layout.strides, strict=True):
            at = self.add(at, self.mul(i, stride))
        return at

    def address(self, array: Array, indices: Sequence[Index], block: Index = 0) -> ir.Value:
        """The address of an element (of its first lane, if varying)."""
        at = self.element(array.layout, indices, block if array.varying else 0)
        return self.b.gep(array.pointer, [self.index(self.mul(at, LANES) if array.varying else at)])

    # vectors of sixteen lanes, and single numbers

    def load(self, address: ir.Value) -> ir.Value:
        """Sixteen lanes, aligned."""
        return self.b.load(self.b.bitcast(address, VECTOR.as_pointer()), align=_ALIGNMENT)

    def store(self, value: ir.Value, address: ir.Value) -> None:
        """Sixteen lanes, aligned."""
        self.b.store(value, self.b.bitcast(address, VECTOR.as_pointer()), align=_ALIGNMENT)

    def load_unaligned(self, address: ir.Value) -> ir.Value:
        """Sixteen neighbouring numbers from anywhere."""
        return self.b.load(self.b.bitcast(address, VECTOR.as_pointer()), align=4)

    def store_unaligned(self, value: ir.Value, address: ir.Value) -> None:
        """Sixteen neighbouring numbers to anywhere."""
        self.b.store(value, self.b.bitcast(address, VECTOR.as_pointer()), align=4)

    def splat(self, number: ir.Value | float) -> ir.Value:
        """The same number in all lanes."""
        if not isinstance(number, ir.Value):
            return same(F32, float(number))
        return self.b.shuffle_vector(self.b.insert_element(_UNDEFINED, number, I32(0)), _UNDEFINED, _FIRST)

    def value(self, array: Array, indices: Sequence[Index], block: Index = 0) -> ir.Value:
        """An element as sixteen lanes: its lanes if varying, the same number in all of them if uniform."""
        address = self.address(array, indices, block)
        return self.load(address) if array.varying else self.splat(self.b.load(address))

    def fma(self, x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
        """x · y + z, rounded once."""
        return self.intrinsic("llvm.fma.v16f32", VECTOR, (x, y, z))

    def lane_sum(self, vector: ir.Value) -> ir.Value:
        """The sum of the lanes, in a tree of fixed shape."""
        reduce = self.declare("llvm.vector.reduce.fadd.v16f32", F32, (F32, VECTOR))
        return self.b.call(reduce, [F32(0.0), vector], fastmath=("reassoc",))

    def intrinsic(self, name: str, result: ir.Type, arguments: Sequence[ir.Value]) -> ir.Value:
        """A call of an intrinsic function of LLVM."""
        return self.b.call(self.declare(name, result, [x.type for x in arguments]), list(arguments))

    def declare(self, name: str, result: ir.Type, parameters: Sequence[ir.Type]) -> ir.Function:
        """A function that is defined elsewhere, declared once in the module."""
        return self.function(name, ir.FunctionType(result, list(parameters)))

    def function(self, name: str, type_: ir.FunctionType) -> ir.Function:
        """The same, of a type."""
        known = self.module.globals.get(name)
        return known if known is not None else ir.Function(self.module, type_, name)

    def table(self, name: str, numbers: Sequence[int]) -> ir.Value:
        """The address of 64-bit numbers that do not change, written once in the module."""
        return self.constants(name, [I64(number) for number in numbers])

    def constants(self, name: str, values: Sequence[ir.Value]) -> ir.Value:
        """The same of constants, or addresses, of one type."""
        made = self.module.globals.get(name)
        if made is None:
            kind = ir.ArrayType(values[0].type, len(values))
            made = ir.GlobalVariable(self.module, kind, name)
            made.initializer, made.global_constant, made.linkage = ir.Constant(kind, list(values)), True, "private"
        return made.gep([I64(0), I64(0)])

    # control

    @contextmanager
    def loop(self, count: Index, step: int = 1) -> Iterator[ir.Value]:
        """`for index in range(0, count, step)`; nothing is done where count is 0."""
        with self.carrying(count, [], step) as turn:
            yield turn.index

    @contextmanager
    def carrying(self, count: Index, start: Sequence[ir.Value], step: int = 1) -> Iterator[Turn]:
        """The same loop with values kept in registers from turn to turn: read `turn.values`, set them for the next turn.

        After the loop `turn.values` are the last ones.
        """
        before, function = self.b.block, self.b.function
        head, body, end = (function.append_basic_block(name) for name in ("head", "body", "end"))
        self.b.branch(head)
        self.b.position_at_end(head)
        index = self.b.phi(I64)
        index.add_incoming(I64(0), before)
        phis = [self.b.phi(value.type) for value in start]
        for phi, value in zip(phis, start, strict=True):
            phi.add_incoming(value, before)
        self.b.cbranch(self.b.icmp_signed("<", index, self.index(count)), body, end)
        self.b.position_at_end(body)
        turn = Turn(index, list(phis))
        yield turn
        index.add_incoming(self.b.add(index, I64(step)), self.b.block)
        for phi, value in zip(phis, turn.values, strict=True):
            phi.add_incoming(value, self.b.block)
        self.b.branch(head)
        self.b.position_at_end(end)
        turn.values = list(phis)


@dataclass
class Turn:
    """One turn of a loop that carries values."""

    index: Any
    values: list[Any]


def tiles(count: int, tile: int) -> list[tuple[int, int, int]]:
    """A range in tiles: (start, how many whole tiles, their size), and a rest of another size if there is one."""
    whole = count // tile
    parts = [(0, whole, tile)] if whole else []
    return [*parts, (whole * tile, 1, count % tile)] if count % tile else parts
