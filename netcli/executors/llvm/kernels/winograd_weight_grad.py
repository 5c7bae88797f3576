"""Winograd's weight gradient: the same matrices transposed, products over tiles and examples.

`dw = Gᵀ [Σ (A g Aᵀ) ⊙ (Bᵀ d B)] G`, the sum over the tiles of all images. Sums over lanes, for every filter, channel and point,
would cost more than the products of a few tiles. So the cotangents of sixteen filters are transposed first: filters then lie
side by side, and a single number is a point of one example's image.
"""

from __future__ import annotations

from dataclasses import dataclass

from llvmlite import ir

from netcli.executors.llvm.ir import I32, VECTOR, Array, Emitter, Index
from netcli.executors.llvm.kernels.tiles import even, fits, further, slots, transposed_lanes
from netcli.executors.llvm.kernels.winograd_forms import Form, transform
from netcli.executors.llvm.kernels.winograd_tiles import (
    Factor,
    Grid,
    Shapes,
    by_part,
    emit_image_transform,
    emit_products,
    load_points,
    margin_shape,
    memory,
    memory_size,
    permuted,
    store_points,
    zeros,
)
from netcli.executors.llvm.target import LANES, Cpu
from netcli.ops.window import Window

#: Bytes of transformed cotangents that the images of all channels are multiplied by: they shall stay in a near cache.
_NEAR = 256 * 1024
#: The most channels in registers.
_MOST_CHANNELS = 14
_TAPS = 9


def emit_winograd_weight_grad(
    e: Emitter, cpu: Cpu, form: Form, x: Array, g: Array, dw: Array, window: Window, scratch: ir.Value, blocks: ir.Value
) -> None:
    """dw += conv2d_weight_grad(x, g) for windows of 3 × 3 with stride 1, summed over lanes and blocks.

    Varying x `(c, h, w)` with at least the halo `conv_halo`, varying g `(k, h', w')`, 0 in lanes without example, uniform dw
    `(k, c, 3, 3)` without gaps; `scratch`: an address of `winograd_weight_grad_scratch` float32, aligned as varying values.
    """
    k, c = dw.layout.shape[:2]
    assert dw.layout.strides == (c * _TAPS, _TAPS, 3, 1), "the taps of all channels of a filter lie one after the other"
    parts = memory(scratch, _shapes(cpu, form, k, c))
    first = (-window.padding[0], -window.padding[2])
    job = _Job(Grid(form, *g.layout.shape[1:]), x, g, dw, first, best_channels(cpu, c), parts)
    e.store(e.splat(0.0), zeros(e, job.parts["margin"]))
    total, most = e.index(e.mul(blocks, job.grid.count)), e.index(tiles_of_round(form))
    with e.loop(total, tiles_of_round(form)) as number:
        rest = e.b.sub(total, number)
        _emit_round(e, job, number, e.b.select(e.b.icmp_signed("<", rest, most), rest, most))


def winograd_weight_grad_scratch(cpu: Cpu, form: Form, filters: int, channels: int) -> int:
    """float32 of scratch memory that the gradient of so many filters with so many channels needs, however many blocks."""
    return memory_size(_shapes(cpu, form, filters, channels))


def tiles_of_round(form: Form) -> int:
    """How many tiles are transformed, and then multiplied, together."""
    return _NEAR // (4 * form.points * LANES * LANES)


def best_channels(cpu: Cpu, channels: int) -> int:
    """The number of channels in registers that takes the least time for all of them."""
    candidates = [size for size in range(1, min(channels, _MOST_CHANNELS) + 1) if fits(cpu, size, 1)]
    return min(candidates, key=lambda size: example_slots(cpu, size, channels))


def example_slots(cpu: Cpu, tile: int, channels: int) -> float:
    """What one example costs at one point, for sixteen filters and all channels."""
    return sum(part.count * slots(cpu, part.size, 1, part.size) for part in even(channels, tile))


def _shapes(cpu: Cpu, form: Form, filters: int, channels: int) -> Shapes:
    vectors, tiles, size = -(-filters // LANES), tiles_of_round(form), best_channels(cpu, channels)
    return {
        "images": (channels, form.points, tiles),  # transformed, of sixteen examples
        "cotangents": (vectors, form.points, tiles, LANES),  # transformed: for each example, those of sixteen filters
        "places": (form.places**2, LANES),  # for each place and example, the cotangents of sixteen filters
        "sums": (size, form.points),  # of sixteen filters
        "taps": (size * _TAPS + LANES,),  # the gradients of sixteen filters; read sixteen at a time
        "rows": (LANES,),  # sixteen gradients of each filter
        "margin": margin_shape(form),
    }


@dataclass(frozen=True)
class _Job:
    """A weight gradient: its arrays, the pixel that place (0, 0) meets first, channels in registers, scratch memory."""

    grid: Grid
    source: Array
    cotangent: Array
    weights: Array
    first: tuple[int, int]
    channels: int
    parts: dict[str, Array]


def _emit_round(e: Emitter, job: _Job, first: Index, count: ir.Value) -> None:
    """So many tiles from the first on: their images and cotangents transformed, the products, and these transformed back."""
    images = permuted(job.parts["images"], (1, 0, 2))
    vectors = job.parts["cotangents"].layout.shape[0]
    with e.loop(count) as at:
        number = e.add(first, at)
        emit_image_transform(e, job.grid, job.source, job.first, number, images, at, job.parts["margin"])
        with e.loop(vectors) as vector:
            _emit_places(e, job, vector, number)
            _emit_cotangents(e, job, vector, at)
    with e.loop(vectors) as vector:
        _emit_filters(e, job, vector, count)


def _emit_places(e: Emitter, job: _Job, vector: Index, number: Index) -> None:
    """The cotangents of sixteen filters side by side, for each place and example of a tile; 0 for what does not exist."""
    grid, filters = job.grid, job.cotangent.layout.shape[0]
    index, first = grid.index(e, number), e.mul(vector, LANES)
    (i, j), (rows, columns) = grid.place(e, index), grid.extent(e, index)
    none = zeros(e, job.parts["margin"])
    with e.loop(grid.form.places) as di, e.loop(grid.form.places) as dj:
        here = e.address(job.cotangent, (first, e.add(i, di), e.add(j, dj)), index.block)
        exists = e.b.and_(e.b.icmp_signed("<", di, rows), e.b.icmp_signed("<", dj, columns))

        def cotangent(k: int, here: ir.Value = here, exists: ir.Value = exists) -> ir.Value:
            address = further(e, here, k * job.cotangent.layout.strides[0] * LANES)
            if filters % LANES:
                exists = e.b.and_(exists, e.b.icmp_signed("<", e.index(e.add(first, k)), e.index(filters)))
            elif grid.whole:
                return e.load(address)
            return e.load(e.b.select(exists, address, none))

        there = e.address(job.parts["places"], (e.add(e.mul(di, grid.form.places), dj), 0))
        for example, value in enumerate(transposed_lanes(e, [cotangent(k) for k in range(LANES)])):
            e.store(value, further(e, there, example * LANES))


def _emit_cotangents(e: Emitter, job: _Job, vector: Index, at: Index) -> None:
    """A g Aᵀ of sixteen filters and one tile, example by example."""
    form, cotangents = job.grid.form, job.parts["cotangents"]
    with e.loop(LANES) as example:
        places = load_points(e, form.places, e.address(job.parts["places"], (0, example)), LANES)
        there = e.address(cotangents, (vector, 0, at, example))
        store_points(e, transform(e, form.of_places, places), there, cotangents.layout.strides[1])


def _emit_filters(e: Emitter, job: _Job, vector: Index, count: ir.Value) -> None:
    """The gradients of sixteen filters from so many tiles, for all channels."""
    form, images, cotangents, sums = job.grid.form, job.parts["images"], job.parts["cotangents"], job.parts["sums"]
    right = Factor(e.address(cotangents, (vector, 0, 0, 0)), cotangents.layout.strides[1] * LANES, LANES, 0, 1)
    channel, point, _ = (stride * LANES for stride in images.layout.strides)

    def products(c: Index, depth: int) -> None:
        left = Factor(e.address(images, (c, 0, 0)), point, 1, channel, depth)
        emit_products(e, form, left, right, e.mul(count, LANES), e.address(sums, (0, 0)))

    for c, depth in by_part(e, even(job.weights.layout.shape[1], job.channels), products):
        with e.loop(depth) as at:
            taps = transform(e, form.to_filter, load_points(e, form.reach, e.address(sums, (at, 0))))
            store_points(e, taps, e.address(job.parts["taps"], (e.mul(at, _TAPS),)), 1)
        _emit_sum(e, job, e.mul(vector, LANES), c, e.mul(depth, _TAPS))


def _emit_sum(e: Emitter, job: _Job, k: Index, c: Index, count: Index) -> None:
    """Add so many taps, from a channel on, to the gradients of sixteen filters, or as many as there are from k on."""
    taps, rows, filters = job.parts["taps"], job.parts["rows"], job.weights.layout.shape[0]
    left = e.b.sub(e.index(filters), e.index(k))
    last = e.b.select(e.b.icmp_signed("<", left, e.index(LANES)), left, e.index(LANES))
    with e.loop(count, LANES) as first:
        values = [e.load(e.address(taps, (e.add(first, tap),))) for tap in range(LANES)]
        for number, row in enumerate(transposed_lanes(e, values)):
            e.store(row, e.address(rows, (number,)))
        rest = e.b.sub(e.index(count), first)
        with e.loop(last) as number:
            address = further(e, e.address(job.weights, (e.add(k, number), c, 0, 0)), first)
            _add(e, e.load(e.address(rows, (number,))), address, rest)


def _add(e: Emitter, value: ir.Value, address: ir.Value, count: ir.Value) -> None:
    """Add to sixteen numbers in memory, or only to the first ones if no more count."""
    with e.b.if_else(e.b.icmp_signed(">=", count, e.index(LANES))) as (all_of_them, fewer):
        with all_of_them:
            e.store_unaligned(e.b.fadd(e.load_unaligned(address), value), address)
        with fewer:
            lanes = ir.Constant(ir.VectorType(I32, LANES), list(range(LANES)))
            single = e.b.insert_element(ir.Constant(lanes.type, ir.Undefined), e.b.trunc(count, I32), I32(0))
            mask = e.b.icmp_signed("<", lanes, e.b.shuffle_vector(single, single, ir.Constant(lanes.type, [0] * LANES)))
            pointer, alignment = e.b.bitcast(address, VECTOR.as_pointer()), I32(4)
            old = e.intrinsic("llvm.masked.load.v16f32.p0", VECTOR, (pointer, alignment, mask, e.splat(0.0)))
            e.intrinsic("llvm.masked.store.v16f32.p0", ir.VoidType(), (e.b.fadd(old, value), pointer, alignment, mask))
