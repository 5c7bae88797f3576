"""Convolution: filters × places in registers over the whole reduction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import product

from llvmlite import ir

from netcli.executors.llvm.ir import I64, Array, Emitter, Epilogue, Index
from netcli.executors.llvm.kernels.conv2d_views import Axis, Correlation, Panel, convolution, of_panel
from netcli.executors.llvm.kernels.tiles import even, fits, further, nested, outer_product, over, slots
from netcli.executors.llvm.target import LANES, Cpu
from netcli.ops.window import Window


def emit_conv2d(
    e: Emitter,
    cpu: Cpu,
    x: Array,
    w: Array,
    y: Array,
    window: Window,
    groups: int,
    blocks: ir.Value,
    epilogue: Epilogue | None = None,
    panel: Panel | None = None,
) -> None:
    """y = conv2d(x, w): varying x `(c, h, w)` with at least the halo `conv_halo`, uniform w, varying y `(k, h', w')`."""
    emit_correlation(e, cpu, convolution(x, w, y, window, groups), blocks, epilogue, panel)


def emit_correlation(
    e: Emitter, cpu: Cpu, job: Correlation, blocks: ir.Value, epilogue: Epilogue | None = None, panel: Panel | None = None
) -> None:
    """The target from the source and the weights, or a panel of it. The order of the additions is the same for every tile.

    Places outside, channels inside: what a tile reads stays in cache.
    """
    if panel is not None:
        whole, job = job, of_panel(e, job, panel)
        epilogue = epilogue and _shifted(e, epilogue, e.mul(panel[0], whole.target.layout.shape[1] // panel[1]))
    groups, outputs, rows, columns = job.target.layout.shape
    tile = _best_tile(cpu, job)
    with e.loop(blocks) as block:
        for group, _ in over(e, even(groups, 1)):
            for i, height in over(e, even(rows, tile.rows)):
                for j, width in over(e, even(columns, tile.columns)):
                    for o, depth in over(e, even(outputs, tile.channels)):
                        _emit_tile(e, job, Tile(depth, height, width), (group, o, i, j, block), epilogue)


def _shifted(e: Emitter, epilogue: Epilogue, first: Index) -> Epilogue:
    """The epilogue of a panel, whose channels are counted from the first of them."""
    return lambda value, indices, block: epilogue(value, (e.add(first, indices[0]), *indices[1:]), block)


@dataclass(frozen=True)
class Tile:
    """What is held in registers: so many channels of the result, at places of so many rows and columns."""

    channels: int
    rows: int
    columns: int

    @property
    def places(self) -> list[tuple[int, int]]:
        """Rows and columns from the tile's first place."""
        return list(product(range(self.rows), range(self.columns)))


def _best_tile(cpu: Cpu, job: Correlation) -> Tile:
    """The tile that takes the least time for all places and taps."""
    _, channels, rows, columns = job.target.layout.shape
    best, least = Tile(1, 1, 1), math.inf
    for depth in range(1, min(channels, cpu.values) + 1):
        for height in range(1, min(rows, cpu.values // depth) + 1):
            for width in range(1, min(columns, cpu.values // (depth * height)) + 1):
                if fits(cpu, depth, height * width):
                    time = _time(cpu, job, Tile(depth, height, width))
                    if time < least:
                        best, least = Tile(depth, height, width), time
    return best


def _time(cpu: Cpu, job: Correlation, tile: Tile) -> float:
    """All tiles, each at the taps that it meets, for one channel that is read; a little more for each other size of tile."""
    _, channels, rows, columns = job.target.layout.shape
    depths = [(part.count, part.size) for part in even(channels, tile.channels)]
    heights = _taps_met(job.rows, rows, tile.rows, job.weights.layout.shape[3])
    widths = _taps_met(job.columns, columns, tile.columns, job.weights.layout.shape[4])
    time = sum(
        n * max(row_taps * taps, 1) * slots(cpu, depth, height * width, depth * height * width)
        for (n, depth), (row_taps, height), (taps, width) in product(depths, heights, widths)
    )
    return time * (1 + len(depths) * len(heights) * len(widths) / 100)


@cache
def _taps_met(axis: Axis, count: int, size: int, taps: int) -> list[tuple[int, int]]:
    """For each size of tile, how many taps its tiles meet together."""
    return [(sum(len(axis.taps_met(start, part.size, taps)) for start in part.starts), part.size) for part in even(count, size)]


def _emit_taps_met(e: Emitter, axis: Axis, place: Index, places: int, extents: tuple[int, int]) -> tuple[Index, Index]:
    """The first of `Axis.taps_met`, and how many (less than one if none), of a place known when the program runs.

    `extents` are how many places and taps there are. Skipping the others saves the products with zeros around the image.
    """
    count, taps = extents
    if isinstance(place, int):
        known = axis.taps_met(place, places, taps)
        return known.start, len(known)
    rows = axis.rows(count, taps)
    if axis.tap == 0 or (rows[0] >= 0 and rows[-1] < axis.extent):
        return 0, taps
    low = e.index(e.add(e.mul(place, axis.place), axis.first))  # the row of tap 0 at the first place, and at the last one
    high = e.index(e.add(low, (places - 1) * axis.place))
    last = I64(axis.extent - 1)
    before, after = (e.b.neg(high), e.b.sub(last, low)) if axis.tap > 0 else (e.b.sub(low, last), high)
    distance = abs(axis.tap)
    first, end = (
        e.b.udiv(e.b.select(e.b.icmp_signed(">", n, I64(0)), n, I64(0)), I64(distance))
        for n in (e.b.add(before, I64(distance - 1)), e.b.add(after, I64(distance)))
    )
    end = e.b.select(e.b.icmp_signed("<", end, I64(taps)), end, I64(taps))
    return first, e.b.sub(end, first)


def _emit_tile(e: Emitter, job: Correlation, tile: Tile, at: tuple[Index, ...], epilogue: Epilogue | None) -> None:
    """The tile at a group, channel in it, row, column and block."""
    group, o, i, j, block = at
    _, channel, row, column = (stride * LANES for stride in job.target.layout.strides)
    there = e.address(job.target, (group, o, i, j), block)
    first = e.add(e.mul(group, job.target.layout.shape[1]), o)
    sums = _reduction(e, job, tile, at)
    for total, (k, (di, dj)) in zip(sums, product(range(tile.channels), tile.places), strict=True):
        indices = (e.add(first, k), job.row.of(e, e.add(i, di)), job.column.of(e, e.add(j, dj)))
        value = epilogue(total, indices, block) if epilogue else total
        e.store(value, further(e, there, k * channel + di * row + dj * column))


def _reduction(e: Emitter, job: Correlation, tile: Tile, at: tuple[Index, ...]) -> list[ir.Value]:
    """The sums over the channels that are read and the taps that meet the image, lanes apart.

    Nothing but the tile is unrolled: with several taps in a body, LLVM would share what they load and run out of registers.
    """
    group, o, i, j, block = at
    _, _, inputs, rows, columns = job.weights.layout.shape
    _, _, height, width = job.target.layout.shape
    r, row_taps = _emit_taps_met(e, job.rows, i, tile.rows, (height, rows))
    s, taps = _emit_taps_met(e, job.columns, j, tile.columns, (width, columns))
    source, weights = job.source.layout.strides, job.weights.layout.strides
    start = [e.address(job.source, (group, 0, i, j, r, s), block), e.address(job.weights, (group, o, 0, r, s))]
    zeros = [e.splat(0.0)] * (tile.channels * len(tile.places))
    if 0 in (rows, columns):
        return zeros
    axes = [(row_taps, (source[4] * LANES, weights[3])), (taps, (source[5] * LANES, weights[4]))]
    channels = (inputs, (source[1] * LANES, weights[2]))
    return nested(e, [channels, *axes], start, zeros, lambda addresses, sums: _tap(e, job, tile, addresses, sums))


def _tap(e: Emitter, job: Correlation, tile: Tile, addresses: list[ir.Value], sums: list[ir.Value]) -> list[ir.Value]:
    """One tap in one channel: the weights of the tile's filters times what its places meet."""
    source, weights = addresses
    _, _, row, column, _, _ = (stride * LANES for stride in job.source.layout.strides)
    filters = [further(e, weights, k * job.weights.layout.strides[1]) for k in range(tile.channels)]
    images = [further(e, source, i * row + j * column) for i, j in tile.places]
    return outer_product(e, filters, images, sums, load_left=lambda address: e.splat(e.b.load(address)))
