"""What Winograd's kernels share: where the tiles of an image lie, the transform of the pixels they meet, the products."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from llvmlite import ir

from netcli.executors.llvm.ir import Array, Emitter, Index, Layout
from netcli.executors.llvm.kernels.tiles import Part, further, nested, outer_product, over
from netcli.executors.llvm.kernels.winograd_forms import Form, transform
from netcli.executors.llvm.target import LANES


@dataclass(frozen=True)
class TileIndex:
    """A tile of one block, by its number from above and from the left; each a value of the generated program."""

    block: Index
    row: Index
    column: Index


@dataclass(frozen=True)
class Grid:
    """The tiles of results `(rows, columns)`. Those at the bottom and at the right may have fewer places than m × m."""

    form: Form
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int]:
        """How many tiles there are from above, and from the left."""
        return -(-self.rows // self.form.places), -(-self.columns // self.form.places)

    @property
    def count(self) -> int:
        """Tiles of a block."""
        return self.shape[0] * self.shape[1]

    def index(self, e: Emitter, number: Index) -> TileIndex:
        """The tile of this number, counted over all blocks."""
        number, across = e.index(number), e.index(self.shape[1])
        block, inside = e.b.udiv(number, e.index(self.count)), e.b.urem(number, e.index(self.count))
        return TileIndex(block, e.b.udiv(inside, across), e.b.urem(inside, across))

    def place(self, e: Emitter, index: TileIndex) -> tuple[Index, Index]:
        """Row and column of the tile's first place."""
        return e.mul(index.row, self.form.places), e.mul(index.column, self.form.places)

    @property
    def whole(self) -> bool:
        """Whether all tiles have m × m places."""
        return self.rows % self.form.places == self.columns % self.form.places == 0

    def extent(self, e: Emitter, index: TileIndex) -> tuple[ir.Value, ir.Value]:
        """How many rows and columns of places a tile has."""
        return _extent(e, self.rows, self.form.places, index.row), _extent(e, self.columns, self.form.places, index.column)

    def is_whole(self, e: Emitter, index: TileIndex) -> ir.Value:
        """Whether a tile has m × m places."""
        full = e.index(self.form.places)
        rows, columns = self.extent(e, index)
        return e.b.and_(e.b.icmp_signed("==", rows, full), e.b.icmp_signed("==", columns, full))


def _extent(e: Emitter, extent: int, size: int, index: Index) -> ir.Value:
    whole, rest = divmod(extent, size)
    if not rest:
        return e.index(size)
    return e.b.select(e.b.icmp_signed("<", e.index(index), e.index(whole)), e.index(size), e.index(rest))


#: Parts of scratch memory, in values of sixteen lanes, one after the other.
Shapes: TypeAlias = dict[str, tuple[int, ...]]


def memory(pointer: ir.Value, shapes: Shapes) -> dict[str, Array]:
    """The parts of scratch memory from an address on."""
    parts: dict[str, Array] = {}
    offset = 0
    for name, shape in shapes.items():
        dense = Layout.dense(shape)
        parts[name] = Array(pointer, Layout(shape, dense.strides, offset, dense.size), varying=True)
        offset += dense.size
    return parts


def memory_size(shapes: Shapes) -> int:
    """float32 of all parts."""
    return sum(math.prod(shape) for shape in shapes.values()) * LANES


def permuted(array: Array, axes: tuple[int, ...]) -> Array:
    """The same elements, their axes in another order."""
    shape, strides = (tuple(each[axis] for axis in axes) for each in (array.layout.shape, array.layout.strides))
    return Array(array.pointer, Layout(shape, strides, array.layout.offset, array.layout.size), array.varying)


def margin_shape(form: Form) -> tuple[int]:
    """The part of scratch memory for a tile with fewer places: its pixels, and a value that the kernel sets to 0."""
    return (form.points + 1,)


def zeros(e: Emitter, margin: Array) -> ir.Value:
    """The address of this value."""
    return e.address(margin, (margin.layout.shape[0] - 1,))


def emit_image_transform(
    e: Emitter, grid: Grid, source: Array, first: tuple[int, int], number: Index, target: Array, at: Index, margin: Array
) -> None:
    """target[point, c, at] = Bᵀ d B of the tile of this number, for each channel c; place (0, 0) meets the pixel `first` first.

    Pixels that only places beyond the end of the results would meet need not exist: they are not read, and count as 0.
    """
    form, index = grid.form, grid.index(e, number)
    i, j = grid.place(e, index)
    stride: Index = source.layout.strides[1] * LANES
    whole, (rows, columns) = grid.is_whole(e, index), grid.extent(e, index)
    with e.loop(source.layout.shape[0]) as c:
        here = e.address(source, (c, e.add(i, first[0]), e.add(j, first[1])), index.block)
        if not grid.whole:
            with e.b.if_then(e.b.not_(whole)), e.loop(form.reach) as r, e.loop(form.reach) as s:
                there = e.b.and_(e.b.icmp_signed("<", r, e.add(rows, 2)), e.b.icmp_signed("<", s, e.add(columns, 2)))
                pixel = e.b.select(there, further(e, here, e.add(e.mul(r, stride), e.mul(s, LANES))), zeros(e, margin))
                e.store(e.load(pixel), e.address(margin, (e.add(e.mul(r, form.reach), s),)))
            here = e.b.select(whole, here, e.address(margin, (0,)))
            stride = e.b.select(whole, e.index(source.layout.strides[1] * LANES), e.index(form.reach * LANES))
        lines = [further(e, here, e.mul(r, stride)) for r in range(form.reach)]
        pixels = [[e.load(further(e, line, s * LANES)) for s in range(form.reach)] for line in lines]
        store_points(e, transform(e, form.of_image, pixels), e.address(target, (0, c, at)), target.layout.strides[0])


def store_points(e: Emitter, points: list[list[ir.Value]], address: ir.Value, stride: int) -> None:
    """A transformed tile, its points so many values apart."""
    for at, value in enumerate(value for row in points for value in row):
        e.store(value, further(e, address, at * stride * LANES))


def load_points(e: Emitter, size: int, address: ir.Value, stride: int = 1) -> list[list[ir.Value]]:
    """Values `(size, size)`, each so many values after the one before."""
    return [[e.load(further(e, address, (r * size + s) * stride * LANES)) for s in range(size)] for r in range(size)]


@dataclass(frozen=True)
class Factor:
    """One side of the products: where it begins, and how far (in float32) it is to the next point, step and element."""

    address: ir.Value
    point: int
    step: int
    element: int
    count: int


def emit_products(e: Emitter, form: Form, left: Factor, right: Factor, steps: Index, target: ir.Value) -> None:
    """`target[l, r, point] = Σ left[point, l, step] · right[point, r, step]` over the steps, sums held in registers.

    A number of the left side is multiplied by sixteen of the right one.
    """

    sides = (left, right)

    def step(addresses: list[ir.Value], sums: list[ir.Value]) -> list[ir.Value]:
        ls, rs = (
            [further(e, a, n * side.element) for n in range(side.count)] for a, side in zip(addresses, sides, strict=True)
        )
        return outer_product(e, ls, rs, sums, load_left=lambda address: e.splat(e.b.load(address)))

    with e.loop(form.points) as point:
        start = [further(e, side.address, e.mul(point, side.point)) for side in sides]
        zeros = [e.splat(0.0)] * (left.count * right.count)
        sums = nested(e, [(steps, (left.step, right.step))], start, zeros, step)
        here = further(e, target, e.mul(point, LANES))
        for at, total in enumerate(sums):
            e.store(total, further(e, here, at * form.points * LANES))


def by_part(e: Emitter, parts: Sequence[Part], body: Callable[[Index, int], None]) -> Iterator[tuple[Index, Index]]:
    """`for start, size in by_part(…)` writes what it contains once, for every tile; before it `body`, once for each size."""
    if len(parts) == 1:
        for start, size in over(e, parts):
            body(start, size)
            yield start, size
        return
    larger, smaller = parts
    with e.loop(larger.count + smaller.count) as number:
        is_larger = e.b.icmp_signed("<", number, e.index(larger.count))
        size = e.b.select(is_larger, e.index(larger.size), e.index(smaller.size))
        start = e.b.sub(e.b.mul(number, size), e.b.select(is_larger, e.index(0), e.index(-larger.count)))
        with e.b.if_else(is_larger) as (then, otherwise):
            with then:
                body(start, larger.size)
            with otherwise:
                body(start, smaller.size)
        yield start, size
