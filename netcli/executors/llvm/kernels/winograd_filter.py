"""The transform of filters, once in a step: of what the forward pass multiplies by, or the input gradient."""

from __future__ import annotations

from llvmlite import ir

from netcli.executors.llvm.ir import I32, VECTOR, Array, Emitter, Index, Layout
from netcli.executors.llvm.kernels.tiles import further
from netcli.executors.llvm.kernels.winograd_forms import Form, transform
from netcli.executors.llvm.target import LANES


def filter_layout(form: Form, filters: int, channels: int) -> Layout:
    """Where transformed filters lie, `(filter, point, channel)`: a product reads numbers one after the other.

    The channels of a point begin at a multiple of sixteen.
    """
    room = -(-channels // LANES) * LANES
    return Layout((filters, form.points, channels), (form.points * room, room, 1), 0, filters * form.points * room)


def emit_filter_transform(e: Emitter, form: Form, w: Array, u: Array, rotated: bool, filters: tuple[Index, Index]) -> None:
    """u[k] = G w[k] Gᵀ for filters w `(k, c, 3, 3)`, for so many filters k from the first of them.

    If `rotated`, u = G w' Gᵀ of the filters w' `(c, k, 3, 3)` that the input gradient is a convolution with: those that lead
    to a channel, turned by 180°. Whatever lies in u between the last channel of a point and the next point is set to 0.
    """
    first, count = filters
    channels = u.layout.shape[2]
    with e.loop(count) as number:
        k = e.add(first, number)
        with e.loop(channels // LANES) as vector:
            _sixteen(e, form, w, u, rotated, (k, e.mul(vector, LANES)), LANES)
        if channels % LANES:
            _sixteen(e, form, w, u, rotated, (k, channels - channels % LANES), channels % LANES)


def _sixteen(e: Emitter, form: Form, w: Array, u: Array, rotated: bool, at: tuple[Index, Index], size: int) -> None:
    """The filter k for so many channels from c on, side by side."""
    k, c = at
    strides = w.layout.strides
    here = e.address(w, (c, k, 2, 2) if rotated else (k, c, 0, 0))
    across, sign = (strides[0], -1) if rotated else (strides[1], 1)

    def tap(r: int, s: int) -> ir.Value:
        vector = e.splat(0.0)
        for lane in range(size):
            number = e.b.load(further(e, here, lane * across + sign * (r * strides[2] + s * strides[3])))
            vector = e.b.insert_element(vector, number, I32(lane))
        return vector

    taps = [[tap(r, s) for s in range(3)] for r in range(3)]
    there = e.address(u, (k, 0, c))
    for point, value in enumerate(value for row in transform(e, form.of_filter, taps) for value in row):
        e.b.store(value, e.b.bitcast(further(e, there, point * u.layout.strides[1]), VECTOR.as_pointer()), align=4)
