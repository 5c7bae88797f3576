"""The places of a pooling window, and its taps at each of them.

Where a window lies wholly inside the image, its taps are unrolled; near the border, and for large windows, loops run over the
taps that lie in the image, so that padding is never read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from llvmlite import ir

from netcli.executors.llvm.ir import Array, Emitter, Index
from netcli.ops.window import Window

#: Taps of a window beyond which they are looped over, not unrolled.
_UNROLLED = 25


@dataclass(frozen=True)
class Tap:
    """One position of a window at its place: its number, row by row, and the row and column of the image that it meets."""

    number: Index
    row: Index
    column: Index


#: One turn of a fold over taps: the values so far -> the values with this tap.
_Step = Callable[[Tap, list[ir.Value]], list[ir.Value]]


@dataclass(frozen=True)
class Axis:
    """Rows or columns: how a window slides along them."""

    size: int
    stride: int
    before: int
    dilation: int
    extent: int
    places: int

    def inside(self) -> range:
        """The places at which the window lies inside the image."""
        first = -(-self.before // self.stride)
        last = (self.extent - 1 - self.dilation * (self.size - 1) + self.before) // self.stride
        return range(first, min(last + 1, self.places))

    def is_inside(self, e: Emitter, place: ir.Value) -> ir.Value:
        """Whether a place is one of these."""
        inside = self.inside()
        return e.b.icmp_unsigned("<", e.b.sub(place, e.index(inside.start)), e.index(len(inside)))

    def taps(self, e: Emitter, place: Index) -> tuple[ir.Value, ir.Value]:
        """The first tap in the image, and the one after the last."""
        start = self.start(e, place)
        first = e.b.sdiv(e.b.sub(e.index(self.dilation - 1), start), e.index(self.dilation))
        first = e.b.select(e.b.icmp_signed("<", first, e.index(0)), e.index(0), first)
        end = e.b.add(e.b.sdiv(e.b.sub(e.index(self.extent - 1), start), e.index(self.dilation)), e.index(1))
        return first, e.b.select(e.b.icmp_signed("<", end, e.index(self.size)), end, e.index(self.size))

    def start(self, e: Emitter, place: Index) -> ir.Value:
        """The row or column that the first tap meets, padding being negative."""
        return e.index(e.add(e.mul(place, self.stride), -self.before))

    def at(self, e: Emitter, place: Index, tap: Index) -> Index:
        """The row or column that a tap meets."""
        return e.add(self.start(e, place), e.mul(tap, self.dilation))


@dataclass(frozen=True)
class Place:
    """A window at one place of one channel of one block; `unrolled` if all its taps are to be written out."""

    e: Emitter
    rows: Axis
    columns: Axis
    block: Index
    channel: Index
    i: Index
    j: Index
    unrolled: bool

    def load(self, x: Array, tap: Tap) -> ir.Value:
        """What the tap meets."""
        return self.e.load(self.e.address(x, (self.channel, tap.row, tap.column), self.block))

    def cotangent(self, g: Array) -> ir.Value:
        """The cotangent of the window's result."""
        return self.e.load(self.e.address(g, (self.channel, self.i, self.j), self.block))

    def store(self, y: Array, value: ir.Value) -> None:
        """Write the window's result."""
        self.e.store(value, self.e.address(y, (self.channel, self.i, self.j), self.block))

    def tap(self, r: Index, s: Index) -> Tap:
        """The tap of these indices in the window."""
        e = self.e
        number = e.add(e.mul(r, self.columns.size), s)
        return Tap(number, self.rows.at(e, self.i, r), self.columns.at(e, self.j, s))

    def first(self) -> Tap:
        """The first tap in the image."""
        if self.unrolled:
            return self.tap(0, 0)
        return self.tap(self.rows.taps(self.e, self.i)[0], self.columns.taps(self.e, self.j)[0])

    def count(self) -> Index:
        """How many taps lie in the image."""
        if self.unrolled:
            return self.rows.size * self.columns.size
        (r, r_end), (s, s_end) = self.rows.taps(self.e, self.i), self.columns.taps(self.e, self.j)
        return self.e.b.mul(self.e.b.sub(r_end, r), self.e.b.sub(s_end, s))

    def fold(self, values: list[ir.Value], step: _Step, known: int = 0) -> list[ir.Value]:
        """The values after all taps in the image, row by row. The first `known` change nothing and may be left out."""
        if self.unrolled:
            for number in range(known, self.rows.size * self.columns.size):
                values = step(self.tap(*divmod(number, self.columns.size)), values)
            return values
        e = self.e
        (r, r_end), (s, s_end) = self.rows.taps(e, self.i), self.columns.taps(e, self.j)
        with e.carrying(e.b.sub(r_end, r), values) as outer:
            with e.carrying(e.b.sub(s_end, s), outer.values) as inner:
                inner.values = step(self.tap(e.add(r, outer.index), e.add(s, inner.index)), inner.values)
            outer.values = inner.values
        return outer.values


def image_of(x: Array) -> tuple[int, int]:
    return x.layout.shape[1], x.layout.shape[2]


def window_axes(window: Window, image: tuple[int, int]) -> tuple[Axis, Axis]:
    sizes = zip(window.size, window.stride, window.padding[::2], window.dilation, image, window.places(image), strict=True)
    rows, columns = (Axis(*numbers) for numbers in sizes)
    return rows, columns


def window_places(
    e: Emitter, window: Window, y: Array, image: tuple[int, int], blocks: Index, *, backwards: bool = False
) -> Iterator[Place]:
    """The code for one place, within loops over all places of all channels and blocks: for one inside the image, one not."""
    rows, columns = axes = window_axes(window, image)
    with e.loop(blocks) as n, e.loop(y.layout.shape[0]) as c, e.loop(rows.places) as up, e.loop(columns.places) as left:
        i, j = (_turned(e, turn, axis, backwards) for turn, axis in zip((up, left), axes, strict=True))
        unrolled, looped = (Place(e, rows, columns, n, c, i, j, kind) for kind in (True, False))
        if rows.size * columns.size > _UNROLLED or not all(axis.inside() for axis in axes):
            yield looped
        elif all(len(axis.inside()) == axis.places for axis in axes):
            yield unrolled
        else:
            with e.b.if_else(e.b.and_(rows.is_inside(e, i), columns.is_inside(e, j))) as (inside, border):
                with inside:
                    yield unrolled
                with border:
                    yield looped


def _turned(e: Emitter, turn: ir.Value, axis: Axis, backwards: bool) -> ir.Value:
    """The place of a turn of a loop."""
    return e.b.sub(e.index(axis.places - 1), turn) if backwards else turn
