"""Winograd's convolution: tiles of the image transformed, products held in registers over all channels, transformed back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from llvmlite import ir

from netcli.executors.llvm.ir import Array, Emitter, Epilogue, Index
from netcli.executors.llvm.kernels.tiles import even, fits, further, slots
from netcli.executors.llvm.kernels.winograd_forms import Form, transform
from netcli.executors.llvm.kernels.winograd_tiles import (
    Factor,
    Grid,
    Shapes,
    TileIndex,
    by_part,
    emit_image_transform,
    emit_products,
    load_points,
    margin_shape,
    memory,
    memory_size,
    store_points,
    zeros,
)
from netcli.executors.llvm.target import LANES, Cpu
from netcli.ops.window import Window

#: The most tiles of the image side by side in registers: what is transformed must stay in a near cache.
_MOST_IMAGES = 2


def emit_winograd_conv2d(
    e: Emitter,
    cpu: Cpu,
    form: Form,
    x: Array,
    u: Array,
    y: Array,
    window: Window,
    scratch: ir.Value,
    blocks: ir.Value,
    epilogue: Epilogue | None = None,
) -> None:
    """y = conv2d(x, w) for windows of 3 × 3 with stride 1, of transformed filters u `(k, point, c)`: see `filter_layout`.

    Varying x `(c, h, w)` with at least the halo `conv_halo`, varying y `(k, h', w')`; `scratch` is an address of
    `winograd_scratch` float32, aligned as varying values are.
    """
    first = (-window.padding[0], -window.padding[2])
    _emit(e, _job(cpu, form, x, u, y, first, scratch), blocks, epilogue)


def turned_around(window: Window) -> Window:
    """The window of the convolution of the cotangent that is the input gradient; its filters are rotated."""
    top, bottom, left, right = window.padding
    return Window((3, 3), padding=(2 - top, 2 - bottom, 2 - left, 2 - right))


def winograd_scratch(cpu: Cpu, form: Form, filters: int, channels: int) -> int:
    """float32 of scratch memory that a convolution of so many channels to so many filters needs, however many blocks."""
    tile = best_tile(cpu, filters, channels)
    return memory_size(_shapes(form, tile, channels))


def _shapes(form: Form, tile: Tile, channels: int) -> Shapes:
    return {
        "images": (form.points, channels, tile.images),
        "sums": (tile.filters, tile.images, form.points),
        "margin": margin_shape(form),
    }


@dataclass(frozen=True)
class Tile:
    """What is held in registers at one point: the sums of so many filters and so many tiles of the image."""

    filters: int
    images: int


@dataclass(frozen=True)
class _Job:
    """A convolution: its arrays, the pixel that place (0, 0) meets first, scratch memory, and the tile of its registers."""

    grid: Grid
    source: Array
    filters: Array
    target: Array
    first: tuple[int, int]
    scratch: ir.Value
    tile: Tile


def _job(cpu: Cpu, form: Form, x: Array, u: Array, y: Array, first: tuple[int, int], scratch: ir.Value) -> _Job:
    k, *places = y.layout.shape
    return _Job(Grid(form, *places), x, u, y, first, scratch, best_tile(cpu, k, x.layout.shape[0]))


def best_tile(cpu: Cpu, filters: int, channels: int) -> Tile:
    """The tile that takes the least time for a tile of the image."""
    candidates = [
        Tile(depth, images)
        for images in range(1, _MOST_IMAGES + 1)
        for depth in range(1, min(filters, cpu.values // images) + 1)
        if fits(cpu, depth, images)
    ]
    return min(candidates, key=lambda tile: product_slots(cpu, tile, filters, channels))


def product_slots(cpu: Cpu, tile: Tile, filters: int, channels: int, stores: float = 1) -> float:
    """What one point of one tile of the image costs, for all filters and channels: `slots`, and two for each store of a sum."""
    sizes = [(part.count, part.size) for part in even(filters, tile.filters)]
    steps = sum(count * slots(cpu, size, tile.images, size * tile.images) for count, size in sizes)
    return channels * steps / tile.images + stores * 2 * filters * LANES / cpu.width


def _emit(e: Emitter, job: _Job, blocks: ir.Value, epilogue: Epilogue | None) -> None:
    """Tiles of the image in groups that are side by side in registers, over all blocks; then those that are left over."""
    total = e.index(e.mul(blocks, job.grid.count))
    rest = e.b.urem(total, e.index(job.tile.images))
    whole = e.b.sub(total, rest)
    with e.loop(whole, job.tile.images) as number:
        _emit_group(e, job, job.tile, number, epilogue)
    if job.tile.images > 1:
        with e.loop(rest) as number:
            _emit_group(e, job, Tile(job.tile.filters, 1), e.add(whole, number), epilogue)


def _emit_group(e: Emitter, job: _Job, tile: Tile, number: Index, epilogue: Epilogue | None) -> None:
    """So many tiles of the image from this one on: transformed once, multiplied by some filters after the other."""
    form, channels, outputs = job.grid.form, job.source.layout.shape[0], job.target.layout.shape[0]
    images, sums, margin = memory(job.scratch, _shapes(form, tile, channels)).values()
    e.store(e.splat(0.0), zeros(e, margin))
    with e.loop(tile.images) as at:
        emit_image_transform(e, job.grid, job.source, job.first, e.add(number, at), images, at, margin)
    point, step, element = (stride * LANES for stride in images.layout.strides)
    right = Factor(e.address(images, (0, 0, 0)), point, step, element, tile.images)
    element, point, step = job.filters.layout.strides

    def products(o: Index, depth: int) -> None:
        left = Factor(e.address(job.filters, (o, 0, 0)), point, step, element, depth)
        emit_products(e, form, left, right, channels, e.address(sums, (0, 0, 0)))

    for o, depth in by_part(e, even(outputs, tile.filters), products):
        with e.loop(depth) as k, e.loop(tile.images) as at:
            index = job.grid.index(e, e.add(number, at))
            _emit_places(e, job, e.address(sums, (k, at, 0)), e.add(o, k), index, margin, epilogue)


def _emit_places(
    e: Emitter, job: _Job, sums: ir.Value, k: Index, index: TileIndex, margin: Array, epilogue: Epilogue | None
) -> None:
    """Aᵀ M A of one filter and one tile of the image: the places that there are."""
    grid, size = job.grid, job.grid.form.places
    i, j = grid.place(e, index)
    there = e.address(job.target, (k, i, j), index.block)
    _, row, column = (stride * LANES for stride in job.target.layout.strides)
    places = transform(e, grid.form.to_places, load_points(e, grid.form.reach, sums))

    def store(value: ir.Value, di: Index, dj: Index) -> None:
        stored = epilogue(value, (k, e.add(i, di), e.add(j, dj)), index.block) if epilogue else value
        e.store(stored, further(e, there, e.add(e.mul(di, row), e.mul(dj, column))))

    def store_all() -> None:
        for di, dj in product(range(size), repeat=2):
            store(places[di][dj], di, dj)

    if grid.whole:
        store_all()
        return
    with e.b.if_else(grid.is_whole(e, index)) as (whole, other):
        with whole:
            store_all()
        with other:
            store_points(e, places, e.address(margin, (0,)), 1)
            rows, columns = grid.extent(e, index)
            with e.loop(rows) as di, e.loop(columns) as dj:
                store(e.load(e.address(margin, (e.add(e.mul(di, size), dj),))), di, dj)
