"""Maximum and average pooling, and their gradients.

Where a window lies wholly inside the image, its taps are unrolled; near the border, and for large windows, loops run over the
taps that lie in the image, so that padding is never read. Gradients of windows side by side are written once; those of any
others are added up on zeros, window by window from the last to the first: in the order in which numpy adds its taps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from llvmlite import ir

from netcli.executors.llvm.ir import F32, Array, Emitter, Epilogue, Index
from netcli.ops.window import Window

#: Taps of a window beyond which they are looped over, not unrolled.
_UNROLLED = 25


def emit_max_pool2d(e: Emitter, x: Array, y: Array, window: Window, blocks: Index) -> None:
    """The maximum of every window of x; NaN if there is one in it."""
    for place in _places(e, window, y, _image(x), blocks):
        place.store(y, _maximum(place, x))


def emit_max_pool2d_take(e: Emitter, x: Array, u: Array, y: Array, window: Window, blocks: Index) -> None:
    """u taken where the first maximum of x stands, window by window."""
    for place in _places(e, window, y, _image(x), blocks):
        place.store(y, _at_first_maximum(place, x, partial(place.load, u)))


def emit_max_pool2d_grad(
    e: Emitter,
    x: Array,
    g: Array,
    dx: Array,
    window: Window,
    image: tuple[int, int],
    blocks: Index,
    epilogue: Epilogue | None = None,
) -> None:
    """g put where the first maximum of its window of x stands, added up in dx where windows meet.

    An epilogue wants windows that are tiles.
    """

    def share(place: _Place) -> _Share:
        winner = _at_first_maximum(place, x, lambda tap: _number(e, tap.number))
        cotangent, zero = place.cotangent(g), e.splat(0.0)
        return lambda tap: e.b.select(e.b.fcmp_ordered("==", winner, _number(e, tap.number)), cotangent, zero)

    _scatter(e, window, g, dx, image, blocks, share, epilogue)


def emit_avg_pool2d(e: Emitter, x: Array, y: Array, window: Window, blocks: Index) -> None:
    """The mean of every window of x over its taps in the image."""
    for place in _places(e, window, y, _image(x), blocks):
        place.store(y, _divided(e, _sum(place, x), place.count()))


def emit_avg_pool2d_grad(e: Emitter, g: Array, dx: Array, window: Window, image: tuple[int, int], blocks: Index) -> None:
    """Each g divided evenly among the taps of its window in the image, added up in dx where windows meet."""

    def share(place: _Place) -> _Share:
        part = _divided(e, place.cotangent(g), place.count())
        return lambda _: part

    _scatter(e, window, g, dx, image, blocks, share)


@dataclass(frozen=True)
class _Tap:
    """One position of a window at its place: its number, row by row, and the row and column of the image that it meets."""

    number: Index
    row: Index
    column: Index


#: One turn of a fold over taps: the values so far -> the values with this tap.
_Step = Callable[[_Tap, list[ir.Value]], list[ir.Value]]
#: What a window's cotangent gives to one of its taps.
_Share = Callable[[_Tap], ir.Value]


@dataclass(frozen=True)
class _Axis:
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
class _Place:
    """A window at one place of one channel of one block; `unrolled` if all its taps are to be written out."""

    e: Emitter
    rows: _Axis
    columns: _Axis
    block: Index
    channel: Index
    i: Index
    j: Index
    unrolled: bool

    def load(self, x: Array, tap: _Tap) -> ir.Value:
        """What the tap meets."""
        return self.e.load(self.e.address(x, (self.channel, tap.row, tap.column), self.block))

    def cotangent(self, g: Array) -> ir.Value:
        """The cotangent of the window's result."""
        return self.e.load(self.e.address(g, (self.channel, self.i, self.j), self.block))

    def store(self, y: Array, value: ir.Value) -> None:
        """Write the window's result."""
        self.e.store(value, self.e.address(y, (self.channel, self.i, self.j), self.block))

    def tap(self, r: Index, s: Index) -> _Tap:
        """The tap of these indices in the window."""
        e = self.e
        number = e.add(e.mul(r, self.columns.size), s)
        return _Tap(number, self.rows.at(e, self.i, r), self.columns.at(e, self.j, s))

    def first(self) -> _Tap:
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


def _image(x: Array) -> tuple[int, int]:
    return x.layout.shape[1], x.layout.shape[2]


def _axes(window: Window, image: tuple[int, int]) -> tuple[_Axis, _Axis]:
    sizes = zip(window.size, window.stride, window.padding[::2], window.dilation, image, window.places(image), strict=True)
    rows, columns = (_Axis(*numbers) for numbers in sizes)
    return rows, columns


def _places(
    e: Emitter, window: Window, y: Array, image: tuple[int, int], blocks: Index, *, backwards: bool = False
) -> Iterator[_Place]:
    """The code for one place, within loops over all places of all channels and blocks: for one inside the image, one not."""
    rows, columns = axes = _axes(window, image)
    with e.loop(blocks) as n, e.loop(y.layout.shape[0]) as c, e.loop(rows.places) as up, e.loop(columns.places) as left:
        i, j = (_turned(e, turn, axis, backwards) for turn, axis in zip((up, left), axes, strict=True))
        unrolled, looped = (_Place(e, rows, columns, n, c, i, j, kind) for kind in (True, False))
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


def _turned(e: Emitter, turn: ir.Value, axis: _Axis, backwards: bool) -> ir.Value:
    """The place of a turn of a loop."""
    return e.b.sub(e.index(axis.places - 1), turn) if backwards else turn


def _sum(place: _Place, x: Array) -> ir.Value:
    """The sum of a window of x."""
    # it begins with -0.0, which changes no number, not even another -0.0
    start = [place.e.splat(-0.0)]
    (total,) = place.fold(start, lambda tap, sums: [place.e.b.fadd(sums[0], place.load(x, tap))])
    return total


def _maximum(place: _Place, x: Array) -> ir.Value:
    """The maximum of a window of x. NaN is the maximum of all numbers."""
    e = place.e

    def step(tap: _Tap, best: list[ir.Value]) -> list[ir.Value]:
        new = place.load(x, tap)
        larger = e.b.select(e.b.fcmp_ordered(">", new, best[0]), new, best[0])  # stays NaN if it was
        return [e.b.select(e.b.fcmp_unordered("uno", new, new), new, larger)]

    (maximum,) = place.fold([place.load(x, place.first())], step, known=1)
    return maximum


def _at_first_maximum(place: _Place, x: Array, other: Callable[[_Tap], ir.Value]) -> ir.Value:
    """Another value of the tap at which a window of x has its first maximum."""
    e = place.e

    def candidate(tap: _Tap) -> list[ir.Value]:
        return [place.load(x, tap), other(tap)]

    def step(tap: _Tap, best: list[ir.Value]) -> list[ir.Value]:
        new = candidate(tap)
        wins = e.b.and_(e.b.fcmp_unordered(">", new[0], best[0]), e.b.fcmp_ordered("ord", best[0], best[0]))
        return [e.b.select(wins, mine, so_far) for mine, so_far in zip(new, best, strict=True)]

    _, found = place.fold(candidate(place.first()), step, known=1)
    return found


def _scatter(
    e: Emitter,
    window: Window,
    g: Array,
    dx: Array,
    image: tuple[int, int],
    blocks: Index,
    share: Callable[[_Place], _Share],
    epilogue: Epilogue | None = None,
) -> None:
    """dx from what each window of g gives to each of its taps."""
    rows, columns = _axes(window, image)
    tiled = window.is_tiling
    assert tiled or epilogue is None, "an epilogue is for elements that are stored once"
    height, width = (axis.places * axis.size - axis.before if tiled else 0 for axis in (rows, columns))
    _zero(e, dx, (0, min(height, image[0])), (width, image[1]), blocks, epilogue)
    _zero(e, dx, (height, image[0]), (0, image[1]), blocks, epilogue)
    for place in _places(e, window, g, image, blocks, backwards=not tiled):
        _give(place, dx, share(place), tiled, epilogue)


def _give(place: _Place, dx: Array, share: _Share, tiled: bool, epilogue: Epilogue | None) -> None:
    """Write the shares of a window's taps, or add them to what is there."""
    e = place.e

    def step(tap: _Tap, values: list[ir.Value]) -> list[ir.Value]:
        indices = (place.channel, tap.row, tap.column)
        address = e.address(dx, indices, place.block)
        if not tiled:
            e.store(e.b.fadd(e.load(address), share(tap)), address)
        else:
            e.store(epilogue(share(tap), indices, place.block) if epilogue else share(tap), address)
        return values

    place.fold([], step)


def _zero(
    e: Emitter, x: Array, rows: tuple[int, int], columns: tuple[int, int], blocks: Index, epilogue: Epilogue | None
) -> None:
    """Zeros, or what an epilogue makes of them, in some rows and columns of all images."""
    (top, bottom), (left, right) = rows, columns
    if top >= bottom or left >= right:
        return
    with e.loop(blocks) as block, e.loop(x.layout.shape[0]) as channel, e.loop(bottom - top) as i, e.loop(right - left) as j:
        indices = (channel, e.add(i, top), e.add(j, left))
        e.store(epilogue(e.splat(0.0), indices, block) if epilogue else e.splat(0.0), e.address(x, indices, block))


def _number(e: Emitter, number: Index) -> ir.Value:
    """A whole number in all lanes."""
    return e.splat(float(number) if isinstance(number, int) else e.b.sitofp(number, F32))


def _divided(e: Emitter, value: ir.Value, count: Index) -> ir.Value:
    """A value divided by a count: a product where that is exact."""
    if isinstance(count, int) and count & (count - 1) == 0:
        return e.b.fmul(value, e.splat(1.0 / count))
    return e.b.fdiv(value, _number(e, count))
