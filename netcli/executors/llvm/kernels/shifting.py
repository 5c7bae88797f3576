"""Images moved by whole pixels, each lane's example by numbers of its own, and the transpose of that.

Lanes go different ways, so single numbers are moved: for each row and lane, the run of columns that lies in the image, and with
`edge` the runs beside it. Runs are cut to the image before they are begun: whatever the numbers, nothing outside is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from llvmlite import ir

from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import I1, I32, I64, Array, Emitter, Epilogue, Index
from netcli.executors.llvm.kernel import Stored
from netcli.executors.llvm.target import LANES
from netcli.graph import Node, op_of
from netcli.ops.shift2d import Fill, Shift2D, Shift2DGrad

#: What is done with a place of the moved image and the pixel that it is filled from; both are addresses of one number.
_Act = Callable[[ir.Value, ir.Value], None]


def emit_shift2d(e: Emitter, x: Array, rows: Array, columns: Array, y: Array, fill: Fill, blocks: Index) -> None:
    """y is x, moved."""
    if fill == "zero":
        _zero(e, y, blocks)
    _over_pixels(e, y, x, (rows, columns), fill, blocks, lambda place, pixel: e.b.store(e.b.load(pixel), place))


def emit_shift2d_grad(e: Emitter, g: Array, rows: Array, columns: Array, dx: Array, fill: Fill, blocks: Index) -> None:
    """dx are the sums of what each pixel was moved to."""
    _zero(e, dx, blocks)

    def give(place: ir.Value, pixel: ir.Value) -> None:
        e.b.store(e.b.fadd(e.b.load(pixel), e.b.load(place)), pixel)

    _over_pixels(e, g, dx, (rows, columns), fill, blocks, give)


@dataclass(frozen=True)
class _Run:
    """Neighbouring columns of the moved image, and the first pixel that they are filled from; step 0: all from this one."""

    first: Index
    count: Index
    source: Index
    step: int


def _over_pixels(
    e: Emitter, moved: Array, image: Array, shifts: tuple[Array, Array], fill: Fill, blocks: Index, act: _Act
) -> None:
    """Code for every place of the moved image that is filled from the image.

    Row by row, all lanes of one before the next: so it stays in the first cache.
    """
    channels, height, width = image.layout.shape
    with e.loop(blocks) as block, e.loop(channels) as channel, e.loop(height) as row, e.loop(LANES) as lane:
        down, right = (_shift(e, numbers, block, lane, extent) for numbers, extent in zip(shifts, (height, width), strict=True))
        source = e.b.sub(row, down)
        nearest = _clamped(e, source, 0, height - 1)
        with e.b.if_then(I1(1) if fill == "edge" else e.b.icmp_signed("==", source, nearest)):
            for run in _runs(e, right, width, fill):
                place = e.b.gep(e.address(moved, (channel, row, run.first), block), [lane])
                pixel = e.b.gep(e.address(image, (channel, nearest, run.source), block), [lane])
                with e.loop(e.mul(run.count, LANES), LANES) as turn:
                    act(e.b.gep(place, [turn]), e.b.gep(pixel, [e.index(e.mul(turn, run.step))]))


def _runs(e: Emitter, right: ir.Value, width: int, fill: Fill) -> Iterator[_Run]:
    """The columns of a row that was moved to the right, or by a negative number to the left."""
    first = _clamped(e, right, 0, width)
    end = _clamped(e, e.b.add(right, I64(width)), 0, width)
    if fill == "edge":
        yield _Run(0, first, 0, 0)
    yield _Run(first, e.b.sub(end, first), e.b.sub(first, right), 1)
    if fill == "edge":
        yield _Run(end, e.b.sub(I64(width), end), width - 1, 0)


def _shift(e: Emitter, numbers: Array, block: Index, lane: ir.Value, extent: int) -> ir.Value:
    """A lane's number of pixels, an int32 as `from_memory` has it: at most as many as there are."""
    number = e.b.load(e.b.gep(e.address(numbers, (), block), [lane]))
    return _clamped(e, e.b.sext(e.b.bitcast(number, I32), I64), -extent, extent)


def _clamped(e: Emitter, value: ir.Value, low: int, high: int) -> ir.Value:
    above = e.b.select(e.b.icmp_signed("<", value, I64(low)), I64(low), value)
    return e.b.select(e.b.icmp_signed(">", above, I64(high)), I64(high), above)


def _zero(e: Emitter, x: Array, blocks: Index) -> None:
    """Zeros in all pixels."""
    channels, height, width = x.layout.shape
    with e.loop(blocks) as block, e.loop(channels) as c, e.loop(height) as i, e.loop(width) as j:
        e.store(e.splat(0.0), e.address(x, (c, i, j), block))


class Shifts(Stored):
    """Images moved."""

    serves = (Shift2D,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        x, rows, columns = map(s.array, node.inputs)
        emit_shift2d(s.e, x, rows, columns, s.array(target), op_of(node, Shift2D).fill, s.blocks)


class ShiftGradients(Stored):
    """Cotangents moved back."""

    serves = (Shift2DGrad,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        g, rows, columns = map(s.array, node.inputs)
        emit_shift2d_grad(s.e, g, rows, columns, s.array(target), op_of(node, Shift2DGrad).fill, s.blocks)
