"""Maximum and average pooling, and their gradients.

Gradients of windows side by side are written once; those of any others are added up on zeros, window by window from the last to
the first: in the order in which numpy adds its taps.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from llvmlite import ir

from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import F32, Array, Emitter, Epilogue, Index
from netcli.executors.llvm.kernel import Stored
from netcli.executors.llvm.kernels.pooling_places import Place, Tap, image_of, window_axes, window_places
from netcli.graph import Node, op_of
from netcli.ops.avg_pool2d import AvgPool2D, AvgPool2DGrad
from netcli.ops.max_pool2d import MaxPool2D, MaxPool2DGrad, MaxPool2DTake
from netcli.ops.window import Window

#: What a window's cotangent gives to one of its taps.
_Share = Callable[[Tap], ir.Value]


def emit_max_pool2d(e: Emitter, x: Array, y: Array, window: Window, blocks: Index) -> None:
    """The maximum of every window of x; NaN if there is one in it."""
    for place in window_places(e, window, y, image_of(x), blocks):
        place.store(y, _maximum(place, x))


def emit_max_pool2d_take(e: Emitter, x: Array, u: Array, y: Array, window: Window, blocks: Index) -> None:
    """u taken where the first maximum of x stands, window by window."""
    for place in window_places(e, window, y, image_of(x), blocks):
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

    def share(place: Place) -> _Share:
        winner = _at_first_maximum(place, x, lambda tap: _number(e, tap.number))
        cotangent, zero = place.cotangent(g), e.splat(0.0)
        return lambda tap: e.b.select(e.b.fcmp_ordered("==", winner, _number(e, tap.number)), cotangent, zero)

    _scatter(e, window, g, dx, image, blocks, share, epilogue)


def emit_avg_pool2d(e: Emitter, x: Array, y: Array, window: Window, blocks: Index) -> None:
    """The mean of every window of x over its taps in the image."""
    for place in window_places(e, window, y, image_of(x), blocks):
        place.store(y, _divided(e, _sum(place, x), place.count()))


def emit_avg_pool2d_grad(e: Emitter, g: Array, dx: Array, window: Window, image: tuple[int, int], blocks: Index) -> None:
    """Each g divided evenly among the taps of its window in the image, added up in dx where windows meet."""

    def share(place: Place) -> _Share:
        part = _divided(e, place.cotangent(g), place.count())
        return lambda _: part

    _scatter(e, window, g, dx, image, blocks, share)


def _sum(place: Place, x: Array) -> ir.Value:
    """The sum of a window of x."""
    # it begins with -0.0, which changes no number, not even another -0.0
    start = [place.e.splat(-0.0)]
    (total,) = place.fold(start, lambda tap, sums: [place.e.b.fadd(sums[0], place.load(x, tap))])
    return total


def _maximum(place: Place, x: Array) -> ir.Value:
    """The maximum of a window of x. NaN is the maximum of all numbers."""
    e = place.e

    def step(tap: Tap, best: list[ir.Value]) -> list[ir.Value]:
        new = place.load(x, tap)
        larger = e.b.select(e.b.fcmp_ordered(">", new, best[0]), new, best[0])  # stays NaN if it was
        return [e.b.select(e.b.fcmp_unordered("uno", new, new), new, larger)]

    (maximum,) = place.fold([place.load(x, place.first())], step, known=1)
    return maximum


def _at_first_maximum(place: Place, x: Array, other: Callable[[Tap], ir.Value]) -> ir.Value:
    """Another value of the tap at which a window of x has its first maximum."""
    e = place.e

    def candidate(tap: Tap) -> list[ir.Value]:
        return [place.load(x, tap), other(tap)]

    def step(tap: Tap, best: list[ir.Value]) -> list[ir.Value]:
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
    share: Callable[[Place], _Share],
    epilogue: Epilogue | None = None,
) -> None:
    """dx from what each window of g gives to each of its taps."""
    rows, columns = window_axes(window, image)
    tiled = window.is_tiling
    assert tiled or epilogue is None, "an epilogue is for elements that are stored once"
    height, width = (axis.places * axis.size - axis.before if tiled else 0 for axis in (rows, columns))
    _zero(e, dx, (0, min(height, image[0])), (width, image[1]), blocks, epilogue)
    _zero(e, dx, (height, image[0]), (0, image[1]), blocks, epilogue)
    for place in window_places(e, window, g, image, blocks, backwards=not tiled):
        _give(place, dx, share(place), tiled, epilogue)


def _give(place: Place, dx: Array, share: _Share, tiled: bool, epilogue: Epilogue | None) -> None:
    """Write the shares of a window's taps, or add them to what is there."""
    e = place.e

    def step(tap: Tap, values: list[ir.Value]) -> list[ir.Value]:
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


class MaxPooling(Stored):
    """The maximum of every window."""

    serves = (MaxPool2D,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        y, (x,) = s.array(target), map(s.array, node.inputs)
        emit_max_pool2d(s.e, x, y, op_of(node, MaxPool2D).window, s.blocks)


class MaxPoolingGradients(Stored):
    """Cotangents put where the maxima stand."""

    serves = (MaxPool2DGrad,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        dx, (x, g) = s.array(target), map(s.array, node.inputs)
        _, rows, columns = node.shape
        window = op_of(node, MaxPool2DGrad).window
        emit_max_pool2d_grad(s.e, x, g, dx, window, (rows, columns), s.blocks, epilogue)

    def has_epilogue(self, node: Node) -> bool:
        return op_of(node, MaxPool2DGrad).window.is_tiling


class MaxPoolingTaken(Stored):
    """Other values taken where the maxima stand."""

    serves = (MaxPool2DTake,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        y, (x, u) = s.array(target), map(s.array, node.inputs)
        emit_max_pool2d_take(s.e, x, u, y, op_of(node, MaxPool2DTake).window, s.blocks)


class AveragePooling(Stored):
    """The mean of every window."""

    serves = (AvgPool2D,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        y, (x,) = s.array(target), map(s.array, node.inputs)
        emit_avg_pool2d(s.e, x, y, op_of(node, AvgPool2D).window, s.blocks)


class AveragePoolingGradients(Stored):
    """Cotangents shared among the places of their windows."""

    serves = (AvgPool2DGrad,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        op, dx, (g,) = op_of(node, AvgPool2DGrad), s.array(target), map(s.array, node.inputs)
        emit_avg_pool2d_grad(s.e, g, dx, op.window, op.image, s.blocks)
