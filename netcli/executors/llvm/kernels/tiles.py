"""Dividing loops into tiles, and the arithmetic that kernels choose their register tiles by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from llvmlite import ir

from netcli.executors.llvm.ir import I32, Emitter, Index, Turn
from netcli.executors.llvm.target import LANES, Cpu

#: Multiply-adds that must be under way at once to keep the units busy: their latency times how many begin in a cycle.
IN_FLIGHT = 8


@dataclass(frozen=True)
class Part:
    """Tiles of one size, one after the other: from `start`, `count` of them."""

    start: int
    count: int
    size: int

    @property
    def starts(self) -> range:
        """Where each tile begins."""
        return range(self.start, self.start + self.count * self.size, self.size)


def even(count: int, largest: int) -> list[Part]:
    """A range in as few tiles as the largest size allows, of at most two sizes that differ by one: 11 by 6 is 6 + 5."""
    number = -(-count // largest)
    size, longer = divmod(count, number)
    parts = [Part(0, longer, size + 1), Part(longer * (size + 1), number - longer, size)]
    return [part for part in parts if part.count]


def over(e: Emitter, parts: Sequence[Part]) -> Iterator[tuple[Index, int]]:
    """`for start, size in over(…)` writes its body for every tile; tiles of one size share their code in a loop."""
    for part in parts:
        if part.count == 1:
            yield part.start, part.size
        else:
            with e.loop(part.count) as turn:
                yield e.add(e.mul(turn, part.size), part.start), part.size


@contextmanager
def carried(e: Emitter, count: Index, start: Sequence[ir.Value]) -> Iterator[Turn]:
    """`Emitter.carrying`, without a loop where there is one turn."""
    if count == 1:
        yield Turn(0, list(start))
    else:
        with e.carrying(count, start) as turn:
            yield turn


def further(e: Emitter, address: ir.Value, distance: Index) -> ir.Value:
    """An address so many float32 further; a distance that is known becomes a part of the instruction that uses it."""
    return address if isinstance(distance, int) and distance == 0 else e.b.gep(address, [e.index(distance)])


def slots(cpu: Cpu, splats: int, vectors: int, products: int) -> float:
    """What a step costs, in multiply-adds, that loads uniform and varying numbers and multiplies and adds values of 16 lanes.

    A load and a multiply-add can begin together; a load that is no bottleneck still takes a place in the front of the pipeline.
    """
    parts = LANES // cpu.width
    loads = splats + vectors * parts
    return max(products * parts, loads, IN_FLIGHT) + loads / 8


def fits(cpu: Cpu, left: int, right: int) -> bool:
    """Whether `left · right` sums of 16 lanes fit into the registers, beside the factors on one side and one on the other."""
    parts = LANES // cpu.width
    return left * right * parts + min(left + parts, right * parts + 1) <= cpu.registers


def nested(
    e: Emitter,
    axes: Sequence[tuple[Index, Sequence[int]]],
    addresses: Sequence[ir.Value],
    values: Sequence[ir.Value],
    body: Callable[[list[ir.Value], list[ir.Value]], list[ir.Value]],
) -> list[ir.Value]:
    """Loops in loops that carry values: of each axis, how many turns and how far each of the addresses goes in a turn."""
    if not axes:
        return body(list(addresses), list(values))
    count, steps = axes[0]
    with carried(e, count, values) as turn:
        here = [further(e, address, e.mul(turn.index, step)) for address, step in zip(addresses, steps, strict=True)]
        turn.values = nested(e, axes[1:], here, turn.values, body)
    return turn.values


def outer_product(
    e: Emitter,
    left: Sequence[ir.Value],
    right: Sequence[ir.Value],
    sums: Sequence[ir.Value],
    load_left: Callable[[ir.Value], ir.Value],
) -> list[ir.Value]:
    """`sums[l, r] + left[l] · right[r]`, of factors at these addresses.

    The shorter side's factors are held, the others loaded one after the other.
    """
    sums = list(sums)
    if len(left) <= len(right):
        factors = [load_left(address) for address in left]
        for r, address in enumerate(right):
            x = e.load(address)
            for at, factor in zip(range(r, len(sums), len(right)), factors, strict=True):
                sums[at] = e.fma(factor, x, sums[at])
    else:
        factors = [e.load(address) for address in right]
        for n, address in enumerate(left):
            x = load_left(address)
            for at, factor in enumerate(factors, n * len(right)):
                sums[at] = e.fma(x, factor, sums[at])
    return sums


def lane_sums(e: Emitter, vectors: Sequence[ir.Value]) -> list[ir.Value]:
    """The sum of the lanes of each vector, sixteen vectors at a time.

    Sums of halves of two vectors lie side by side in one vector; four such steps leave one vector of sixteen sums: 15 additions
    where each vector by itself would take four. The order of the additions is the same for every vector.
    """
    sums: list[ir.Value] = []
    for start in range(0, len(vectors), LANES):
        chunk = list(vectors[start : start + LANES])
        joined = _joined(e, chunk, LANES)
        sums += [e.b.extract_element(joined, I32(lane)) for lane in range(len(chunk))]
    return sums


def _joined(e: Emitter, vectors: list[ir.Value], room: int) -> ir.Value:
    """A vector with `LANES / room` partial sums of each of up to `room` vectors: those of the first, those of the second, …"""
    if room == 1:
        return vectors[0]
    half = room // 2
    first = _joined(e, vectors[:half], half)
    second = _joined(e, vectors[half:], half) if len(vectors) > half else e.splat(0.0)
    run = LANES // half  # neighbouring partial sums of one vector: their halves are added
    starts = [lane for lane in range(2 * LANES) if lane % run < run // 2]
    low, high = (ir.Constant(ir.VectorType(I32, LANES), [lane + shift for lane in starts]) for shift in (0, run // 2))
    return e.b.fadd(e.b.shuffle_vector(first, second, low), e.b.shuffle_vector(first, second, high))


def transposed_lanes(e: Emitter, rows: Sequence[ir.Value]) -> list[ir.Value]:
    """Sixteen vectors of sixteen lanes, transposed: each of four rounds pairs vectors 1, 2, 4, 8 apart.

    The first two rounds interleave within quarters of a vector, single numbers and then pairs, and the last two exchange
    quarters: on x86 each of these is one instruction. They leave the vectors in an order that is put right at the end.
    """
    quarters = range(0, LANES, 4)
    singles = [[q + lane for q in quarters for lane in (k, k + 16, k + 1, k + 17)] for k in (0, 2)]
    pairs = [[q + lane for q in quarters for lane in (k, k + 1, k + 16, k + 17)] for k in (0, 2)]
    whole = [[q + k + lane for q in (0, 8, 16, 24) for lane in range(4)] for k in (0, 4)]
    for distance, lanes in ((1, singles), (2, pairs), (4, whole), (8, whole)):
        masks = [ir.Constant(ir.VectorType(I32, LANES), mask) for mask in lanes]
        rows = [
            e.b.shuffle_vector(rows[at & ~distance], rows[at | distance], masks[bool(at & distance)]) for at in range(LANES)
        ]
    return [rows[at & 12 | (at & 1) << 1 | (at & 2) >> 1] for at in range(LANES)]
