"""Weight gradient of a convolution: filters × channels × taps in registers, over the places of many rows and blocks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from llvmlite import ir

from netcli.executors.llvm.ir import Array, Emitter, Index
from netcli.executors.llvm.kernels.conv2d_views import Correlation, Panel, convolution, of_panel
from netcli.executors.llvm.kernels.tiles import even, fits, further, lane_sums, nested, outer_product, over, slots
from netcli.executors.llvm.target import LANES, Cpu
from netcli.ops.window import Window

#: Bytes of images and cotangents that a tile may read in a round, so that they stay near for its taps one after the other.
_NEAR = 64 * 1024
#: Places that a round should have at least: after it the lanes of every sum are added.
_PLACES = 256


def emit_conv2d_weight_grad(
    e: Emitter,
    cpu: Cpu,
    x: Array,
    g: Array,
    dw: Array,
    window: Window,
    groups: int,
    blocks: ir.Value,
    panel: Panel | None = None,
) -> None:
    """dw += conv2d_weight_grad(x, g), summed over lanes and blocks; x needs the halo `conv_halo`, lanes without example g = 0.

    Rounds of a few rows of a block, or of some blocks if their images are small, each over all tiles. Within a round a tile's
    sums stay in registers, and what it reads stays in cache. A panel has the rounds of the whole: their sums are the same.
    """
    job = convolution(x, dw, g, window, groups)
    tile = _best_tile(cpu, job)
    step = _round(job, tile)
    if panel is not None:
        job = of_panel(e, job, panel)
    for block, number in _rounds(e, blocks, step.blocks):
        for i, height in _rounds(e, job.target.layout.shape[2], step.rows):
            _emit_round(e, job, tile, (block, number), (i, height))


def _rounds(e: Emitter, count: Index, step: int) -> Iterator[tuple[Index, Index]]:
    """`for first, number in _rounds(…)` writes its body once, for a range in steps, of which the last may be shorter."""
    if isinstance(count, int) and step >= count:
        yield 0, count
        return
    with e.loop(count, step) as first:
        rest = e.b.sub(e.index(count), first)
        yield first, e.b.select(e.b.icmp_signed("<", rest, e.index(step)), rest, e.index(step)) if step > 1 else 1


@dataclass(frozen=True)
class Round:
    """What is read again and again for tile after tile: so many blocks, so many rows of the cotangent in each."""

    blocks: int
    rows: int


@dataclass(frozen=True)
class Tile:
    """Whose sums are held in registers: filters, channels of each, rows and columns of the window."""

    filters: int
    channels: int
    rows: int
    columns: int

    @property
    def inputs(self) -> list[tuple[int, int, int]]:
        """Channel, row and column of each tap from the tile's first one."""
        return list(product(range(self.channels), range(self.rows), range(self.columns)))


def _round(job: Correlation, tile: Tile) -> Round:
    """As many rows as stay near; more, and then blocks, where their places are too few."""
    _, _, rows, columns = job.target.layout.shape
    row = 4 * LANES * columns * (tile.filters + tile.channels * job.rows.place * job.columns.place)
    height = min(rows, max(1, _NEAR // row, -(-_PLACES // columns)))
    return Round(max(1, _PLACES // (rows * columns)) if height == rows else 1, -(-rows // -(-rows // height)))


def _best_tile(cpu: Cpu, job: Correlation) -> Tile:
    """The tile that takes the least time for all weights, by `slots`; a little more for each other size of tile."""
    extents = job.weights.layout.shape[1:]
    best, least = Tile(1, 1, 1, 1), math.inf
    for tile in _candidates(cpu, *extents):
        sizes = (tile.filters, tile.channels, tile.rows, tile.columns)
        parts = [even(extent, size) for extent, size in zip(extents, sizes, strict=True)]
        time = sum(math.prod(part.count for part in one) * _time(cpu, *(part.size for part in one)) for one in product(*parts))
        time *= 1 + math.prod(map(len, parts)) / 50
        if time < least:
            best, least = tile, time
    return best


def _candidates(cpu: Cpu, filters: int, channels: int, rows: int, columns: int) -> Iterator[Tile]:
    """Tiles that fit into the registers; more than one row of the window only if whole ones."""
    for width in range(1, min(columns, cpu.values) + 1):
        for height in range(1, min(rows, cpu.values // width) + 1) if width == columns else (1,):
            for depth in range(1, min(channels, cpu.values // (width * height)) + 1):
                for number in range(1, min(filters, cpu.values // (width * height * depth)) + 1):
                    if fits(cpu, number, width * height * depth):
                        yield Tile(number, depth, height, width)


def _time(cpu: Cpu, filters: int, channels: int, rows: int, columns: int) -> float:
    """One place of a tile."""
    inputs = channels * rows * columns
    return slots(cpu, 0, filters + inputs, filters * inputs)


def _emit_round(e: Emitter, job: Correlation, tile: Tile, blocks: tuple[Index, Index], rows: tuple[Index, Index]) -> None:
    """Blocks from the first, so many, and rows likewise, for all tiles."""
    groups, filters, channels, *taps = job.weights.layout.shape
    for group, _ in over(e, even(groups, 1)):
        for o, number in over(e, even(filters, tile.filters)):
            for q, depth in over(e, even(channels, tile.channels)):
                for r, height in over(e, even(taps[0], tile.rows)):
                    for s, width in over(e, even(taps[1], tile.columns)):
                        part = Tile(number, depth, height, width)
                        sums = _sums(e, job, part, (group, o, q, r, s), blocks, rows)
                        _add(e, job.weights, part, (group, o, q, r, s), sums)


def _sums(
    e: Emitter, job: Correlation, tile: Tile, at: tuple[Index, ...], blocks: tuple[Index, Index], rows: tuple[Index, Index]
) -> list[ir.Value]:
    """The tile's sums over blocks, rows and columns, lanes apart."""
    group, o, q, r, s = at
    source, target = job.source.layout, job.target.layout
    start = [
        e.address(job.source, (group, q, rows[0], 0, r, s), blocks[0]),
        e.address(job.target, (group, o, rows[0], 0), blocks[0]),
    ]
    axes = [
        (blocks[1], (source.size * LANES, target.size * LANES)),
        (rows[1], (source.strides[2] * LANES, target.strides[2] * LANES)),
        (target.shape[3], (source.strides[3] * LANES, target.strides[3] * LANES)),
    ]
    zeros = [e.splat(0.0)] * (tile.filters * len(tile.inputs))
    return nested(e, axes, start, zeros, lambda addresses, sums: _place(e, job, tile, addresses, sums))


def _place(e: Emitter, job: Correlation, tile: Tile, addresses: list[ir.Value], sums: list[ir.Value]) -> list[ir.Value]:
    """One place: every cotangent of the tile times everything that its taps meet."""
    source, target = addresses
    _, channel, _, _, row, column = (stride * LANES for stride in job.source.layout.strides)
    cotangents = [further(e, target, k * job.target.layout.strides[1] * LANES) for k in range(tile.filters)]
    images = [further(e, source, q * channel + r * row + s * column) for q, r, s in tile.inputs]
    return outer_product(e, cotangents, images, sums, load_left=e.load)


def _add(e: Emitter, weights: Array, tile: Tile, at: tuple[Index, ...], sums: list[ir.Value]) -> None:
    """Add the lanes of the sums, and add these to the gradients in memory."""
    strides = weights.layout.strides
    here = e.address(weights, at)
    for total, (k, (q, r, s)) in zip(lane_sums(e, sums), product(range(tile.filters), tile.inputs), strict=True):
        there = further(e, here, k * strides[1] + q * strides[2] + r * strides[3] + s * strides[4])
        e.b.store(e.b.fadd(e.b.load(there), total), there)
