"""The three arrays of a convolution as strided views, so that stride, padding, dilation, groups and flips are only numbers.

In all of them

    target[g, o, i, j] = Σ weights[g, o, q, r, s] · source[g, q, i, j, r, s]        over q, r, s

with g a group, o a channel of the result in it, q one of what is read, `(i, j)` a place, `(r, s)` a tap of the window. The
convolution itself is such a sum; its input gradient is another one for each residue of the places modulo the stride; and the
weight gradient is the sum over the places of the products `target · source` instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from netcli.executors.llvm.ir import Array, Emitter, Index, Layout
from netcli.executors.llvm.target import LANES
from netcli.ops.window import Window

Halo = tuple[int, int, int, int]
#: One of several equal parts of the target's channels, without groups: its number, and how many there are.
Panel = tuple[Index, int]


@dataclass(frozen=True)
class Axis:
    """Rows (or columns): place i and tap r meet row `first + i · place + r · tap` of an image of `extent` rows."""

    first: int
    place: int
    tap: int
    extent: int

    def rows(self, places: int, taps: int) -> range:
        """All that are met, and perhaps some between."""
        last = (places - 1) * self.place
        reach = (taps - 1) * self.tap
        return range(self.first + min(reach, 0), self.first + last + max(reach, 0) + 1)

    def taps_met(self, place: int, places: int, taps: int) -> range:
        """Those from the first to the last tap that meets a row of the image, not only zeros, at one of these places."""
        inside = [
            r
            for r in range(taps)
            for i in range(place, place + places)
            if 0 <= self.first + i * self.place + r * self.tap < self.extent
        ]
        return range(inside[0], inside[-1] + 1) if inside else range(0)


@dataclass(frozen=True)
class Every:
    """Places of a view as rows (or columns) of the array: every so many, from the first."""

    first: int = 0
    step: int = 1

    def of(self, e: Emitter, place: Index) -> Index:
        """The row of a place."""
        return e.add(e.mul(place, self.step), self.first)


@dataclass(frozen=True)
class Correlation:
    """The views: source `(g, q, i, j, r, s)`, weights `(g, o, q, r, s)`, target `(g, o, i, j)`.

    `rows` and `columns` say what the source's axes mean, `row` and `column` which ones of the target array its view has.
    """

    source: Array
    weights: Array
    target: Array
    rows: Axis
    columns: Axis
    row: Every = Every()
    column: Every = Every()


def of_panel(e: Emitter, job: Correlation, panel: Panel) -> Correlation:
    """The views of a panel."""
    part, count = panel
    channels = job.target.layout.shape[1] // count
    weights, target = (_channels(e, array, e.mul(part, channels), channels) for array in (job.weights, job.target))
    return replace(job, weights=weights, target=target)


def _channels(e: Emitter, array: Array, first: Index, count: int) -> Array:
    layout = array.layout
    start = e.mul(first, layout.strides[1] * (LANES if array.varying else 1))
    shape = (layout.shape[0], count, *layout.shape[2:])
    return Array(e.b.gep(array.pointer, [e.index(start)]), replace(layout, shape=shape), array.varying)


def convolution(x: Array, w: Array, y: Array, window: Window, groups: int) -> Correlation:
    """The views of `y = conv2d(x, w)`."""
    k, q = w.layout.shape[0] // groups, w.layout.shape[1]
    (wk, wc, wr, ws), (yk, yr, ys) = w.layout.strides, y.layout.strides
    places = y.layout.shape[1:]
    rows, columns = (
        Axis(-window.padding[2 * axis], window.stride[axis], window.dilation[axis], x.layout.shape[1 + axis]) for axis in (0, 1)
    )
    return Correlation(
        _source(x, (groups, q, *places, *window.size), rows, columns),
        _view(w, (groups, k, q, *window.size), (wk * k, wk, wc, wr, ws)),
        _view(y, (groups, k, *places), (yk * k, yk, yr, ys)),
        rows,
        columns,
    )


def input_gradients(w: Array, g: Array, dx: Array, window: Window, groups: int) -> Iterator[Correlation]:
    """The views of `dx = conv2d_input_grad(w, g)`: one correlation for each residue of dx's places modulo the stride."""
    k, c = w.layout.shape[0] // groups, w.layout.shape[1]
    (wk, wc, wr, ws), (xc, xr, xs) = w.layout.strides, dx.layout.strides
    rows, columns = (_residues(dx.layout.shape[1:], window, axis) for axis in (0, 1))
    for a, b in product(rows, columns):
        places, taps = (a.places, b.places), (a.taps, b.taps)
        over = (Axis(a.place, 1, a.place_step, g.layout.shape[1]), Axis(b.place, 1, b.place_step, g.layout.shape[2]))
        weights = (groups, c, k, *taps), (wk * k, wc, wk, wr * a.tap_step, ws * b.tap_step)
        target = (groups, c, *places), (xc * c, xc, xr * window.stride[0], xs * window.stride[1])
        yield Correlation(
            _source(g, (groups, k, *places, *taps), *over),
            _view(w, *weights, a.tap * wr + b.tap * ws),
            _view(dx, *target, a.first * xr + b.first * xs),
            *over,
            Every(a.first, window.stride[0]),
            Every(b.first, window.stride[1]),
        )


def conv_halo(window: Window, image: tuple[int, int]) -> Halo:
    """Rows above and below, columns left and right of the image that the convolution reads: the layout of x needs these."""
    halo = []
    for axis, places in enumerate(window.places(image)):
        met = Axis(-window.padding[2 * axis], window.stride[axis], window.dilation[axis], image[axis]).rows(
            places, window.size[axis]
        )
        halo += [max(0, -met[0]), max(0, met[-1] - (image[axis] - 1))]
    return tuple(halo)  # type: ignore[return-value]


def input_grad_halo(window: Window, image: tuple[int, int]) -> Halo:
    """What the input gradient of images of this size reads around the cotangent g: the layout of g needs these."""
    halo = []
    for axis, places in enumerate(window.places(image)):
        met = [Axis(r.place, 1, r.place_step, places).rows(r.places, r.taps) for r in _residues(image, window, axis) if r.taps]
        first, last = min((rows[0] for rows in met), default=0), max((rows[-1] for rows in met), default=0)
        halo += [max(0, -first), max(0, last - (places - 1))]
    return tuple(halo)  # type: ignore[return-value]


@dataclass(frozen=True)
class _Residue:
    """Rows `first + stride · t` of the image, and the taps that meet them: tap, tap + tap_step, …; so many of both.

    The tap number n meets row number t at the place `place + n · place_step + t` of the cotangent.
    """

    first: int
    places: int
    taps: int
    tap: int
    tap_step: int
    place: int
    place_step: int


def _residues(image: tuple[int, ...], window: Window, axis: int) -> list[_Residue]:
    """The rows (or columns) of an image by their number modulo the stride."""
    stride, dilation, before = window.stride[axis], window.dilation[axis], window.padding[2 * axis]
    residues = []
    for first in range(min(stride, image[axis])):
        taps = [r for r in range(window.size[axis]) if (first + before - r * dilation) % stride == 0]
        tap = taps[0] if taps else 0
        step = taps[1] - tap if len(taps) > 1 else 0
        places = len(range(first, image[axis], stride))
        place = (first + before - tap * dilation) // stride
        residues.append(_Residue(first, places, len(taps), tap, step, place, -step * dilation // stride))
    return residues


def _source(array: Array, shape: tuple[int, ...], rows: Axis, columns: Axis) -> Array:
    """Images `(c, h, w)` by group, channel in it, place and tap."""
    channel, row, column = array.layout.strides
    strides = (channel * shape[1], channel, row * rows.place, column * columns.place, row * rows.tap, column * columns.tap)
    return _view(array, shape, strides, row * rows.first + column * columns.first)


def _view(array: Array, shape: tuple[int, ...], strides: tuple[int, ...], shift: int = 0) -> Array:
    layout = Layout(shape, strides, array.layout.offset + shift, array.layout.size)
    return Array(array.pointer, layout, array.varying)
