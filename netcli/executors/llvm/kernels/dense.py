"""Dense layers: products of vectors with a matrix over many blocks of examples, and the gradient of the matrix.

Both keep a tile of the result in registers over the whole reduction. In the product the vectors of a tile are those of several
blocks, and a weight is a single number for all of them; in the gradient the vectors are sixteen outputs side by side, from
cotangents transposed into scratch memory, and a single number is one input of one example. A sum over lanes is never taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llvmlite import ir

from netcli.executors.llvm.expressions import Scope
from netcli.executors.llvm.ir import I1, I32, VECTOR, Array, Emitter, Epilogue, Index, tiles
from netcli.executors.llvm.kernel import Late, Stored
from netcli.executors.llvm.kernels.tiles import Part, even, transposed_lanes
from netcli.executors.llvm.target import LANES, Cpu, whole_vectors
from netcli.graph import Node, op_of
from netcli.ops.dense import Dense, DenseWeightGrad

#: Blocks that share one passage over the matrix of weights.
_GROUP = 4
#: Independent multiply-adds that keep the units busy on every CPU: five cycles each, two at a time.
_CHAINS = 10
#: Single numbers of a tile beyond which nothing is gained but code.
_MOST_NUMBERS = 12


@dataclass(frozen=True)
class _Tile:
    """Accumulators held in registers: one for each of some vectors of 16 lanes times each of some single numbers."""

    vectors: int
    numbers: int

    def registers(self, cpu: Cpu) -> int:
        """The accumulators, the vectors they are made of, and one number in all lanes."""
        return LANES // cpu.width * self.vectors * (self.numbers + 1) + 1

    def chains(self, cpu: Cpu) -> int:
        """Multiply-adds that do not wait for each other."""
        return LANES // cpu.width * self.vectors * self.numbers

    def loads(self, cpu: Cpu) -> float:
        """Loads per multiply-add."""
        return (LANES // cpu.width * self.vectors + self.numbers) / self.chains(cpu)


def _widest(cpu: Cpu, vectors: int) -> _Tile:
    """As many numbers for so many vectors as fit in the registers."""
    candidates = [_Tile(vectors, numbers) for numbers in range(1, _MOST_NUMBERS + 1)]
    return max((tile for tile in candidates if tile.registers(cpu) <= cpu.registers), key=lambda tile: tile.numbers)


def _best(cpu: Cpu) -> _Tile:
    """The tile of the fewest loads among those that keep the units busy."""
    candidates = [_Tile(vectors, numbers) for vectors in (1, 2, _GROUP) for numbers in range(1, _MOST_NUMBERS + 1)]
    fitting = [tile for tile in candidates if tile.registers(cpu) <= cpu.registers and tile.chains(cpu) >= _CHAINS]
    return min(fitting, key=lambda tile: tile.loads(cpu))


def _even(count: int, most: int) -> int:
    """The size of tiles of a range: as few tiles as with the largest size, all about equally large."""
    return -(-count // -(-count // most))


def emit_dense(
    e: Emitter, cpu: Cpu, x: Array, w: Array, y: Array, transposed: bool, blocks: Index, epilogue: Epilogue | None = None
) -> None:
    """y[o] = Σ x[i] · w[i, o] for varying vectors x and y, a uniform w. With `transposed`, w is (o, i)."""
    product = _Product(e, x, w, y, transposed, epilogue)
    count = e.index(blocks)
    rest = e.b.srem(count, e.index(_GROUP))
    with e.loop(e.b.sdiv(count, e.index(_GROUP))) as group:
        product.emit(_best(cpu), e.mul(group, _GROUP), _GROUP)
    product.emit(_widest(cpu, 1), e.b.sub(count, rest), rest)


@dataclass(frozen=True)
class _Product:
    """One product: its arrays, and the code for some of its blocks."""

    e: Emitter
    x: Array
    w: Array
    y: Array
    transposed: bool
    epilogue: Epilogue | None

    def emit(self, tile: _Tile, first: Index, count: Index) -> None:
        """All outputs of `count` blocks, a multiple of the tile's, from the `first` on."""
        e, outputs = self.e, self.y.layout.shape[0]
        for start, whole, size in tiles(outputs, _even(outputs, tile.numbers)):
            with e.loop(whole) as turn, e.loop(count, tile.vectors) as block:
                self._tile(_Tile(tile.vectors, size), e.add(e.mul(turn, size), start), e.add(first, block))

    def _tile(self, tile: _Tile, o: Index, block: Index) -> None:
        e = self.e
        places = [(e.add(o, q), e.add(block, n)) for q in range(tile.numbers) for n in range(tile.vectors)]
        with e.carrying(self.x.layout.shape[0], [e.splat(0.0)] * len(places)) as turn:
            xs = [e.value(self.x, (turn.index,), e.add(block, n)) for n in range(tile.vectors)]
            for q in range(tile.numbers):
                row = e.add(o, q)
                weight = e.value(self.w, (row, turn.index) if self.transposed else (turn.index, row))
                for n, x in enumerate(xs):
                    at = q * tile.vectors + n
                    turn.values[at] = e.fma(x, weight, turn.values[at])
        for (output, n), value in zip(places, turn.values, strict=True):
            e.store(self.epilogue(value, (output,), n) if self.epilogue else value, e.address(self.y, (output,), n))


def weight_grad_scratch(outputs: int) -> int:
    """Numbers of scratch memory per block that `emit_cotangents` fills: [16 outputs each][16 examples][16]."""
    return whole_vectors(outputs) * LANES


def emit_cotangents(e: Emitter, g: Array, scratch: ir.Value, occupied: Callable[[Index], ir.Value], blocks: Index) -> None:
    """Bring varying cotangents g `(outputs,)` from [output][example] to [example][output], block by block, for the gradient.

    `scratch` has room for `weight_grad_scratch` numbers for every block, aligned as varying values are. `occupied` says which
    lanes of a block hold an example; the others become zeros, and so do outputs beyond the last one.
    """
    (outputs,) = g.layout.shape
    room = weight_grad_scratch(outputs)
    with e.loop(blocks) as block:
        kept = occupied(block)
        for start, whole, size in tiles(outputs, LANES):
            with e.loop(whole) as turn:
                first = e.add(e.mul(turn, LANES), start)
                rows = [e.value(g, (e.add(first, k),), block) for k in range(size)]
                rows = [e.b.select(kept, row, e.splat(0.0)) for row in rows] + [e.splat(0.0)] * (LANES - size)
                there = e.add(e.mul(block, room), e.mul(first, LANES))
                for example, row in enumerate(transposed_lanes(e, rows)):
                    e.store(row, e.b.gep(scratch, [e.index(e.add(there, example * LANES))]))


def weight_grad_panels(cpu: Cpu, inputs: int, outputs: int) -> int:
    """Into how many panels of rows the gradient of a matrix is cut."""
    return sum(part.count for part in _panels(cpu, inputs, outputs))


def emit_dense_weight_grad(
    e: Emitter, cpu: Cpu, x: Array, cotangents: ir.Value, dw: Array, panel: ir.Value, blocks: Index, adding: ir.Value
) -> None:
    """dw[i, o] = Σ x[i] · g[o] over the examples of all blocks, for the rows i of a panel; added to what is there if `adding`.

    Varying x `(inputs,)`, a uniform dw `(inputs, outputs)`, and g as `emit_cotangents` has left it.
    """
    inputs, outputs = dw.layout.shape
    gradient = _WeightGrad(e, x, cotangents, dw, -(-outputs // LANES), adding)
    across = _across(cpu, outputs)
    before = 0
    for part in _panels(cpu, inputs, outputs):
        number = e.b.sub(panel, e.index(before))
        with e.b.if_then(e.b.icmp_unsigned("<", number, e.index(part.count))):
            row = e.add(e.mul(number, part.size), part.start)
            for start, whole, vectors, partial in _columns(gradient.vectors, across, outputs % LANES):
                with e.loop(whole) as o:
                    gradient.tile(_Tile(vectors, part.size), row, e.add(e.mul(o, vectors), start), partial, blocks)
        before += part.count


def _across(cpu: Cpu, outputs: int) -> int:
    """Vectors of outputs in a tile of the gradient."""
    return _even(-(-outputs // LANES), _best(cpu).vectors)


def _panels(cpu: Cpu, inputs: int, outputs: int) -> list[Part]:
    """The rows of the gradient, in panels as high as a tile."""
    return even(inputs, _widest(cpu, _across(cpu, outputs)).numbers)


def _columns(vectors: int, across: int, partial: int) -> list[tuple[int, int, int, int]]:
    """Tiles of a row of vectors, as from `tiles`, and how many lanes of the last vector count, 0 for all.

    A row that ends within a vector has a tile of its own for its end.
    """
    parts = [(*part, 0) for part in tiles(vectors, across)]
    if partial:
        start, whole, size, _ = parts.pop()
        parts += [(start, whole - 1, size, 0)] if whole > 1 else []
        parts.append((start + (whole - 1) * size, 1, size, partial))
    return parts


@dataclass(frozen=True)
class _WeightGrad:
    """One gradient of weights: its arrays, how many vectors of 16 outputs there are, and the code of its tiles."""

    e: Emitter
    x: Array
    cotangents: ir.Value
    dw: Array
    vectors: int
    adding: ir.Value

    def tile(self, tile: _Tile, i: Index, vector: Index, partial: int, blocks: Index) -> None:
        """Some rows of dw from the i-th on, and some of their vectors; of the last vector only `partial` lanes, if not 0."""
        e = self.e
        places = [(r, k) for r in range(tile.numbers) for k in range(tile.vectors)]
        there = [e.address(self.dw, (e.add(i, r), e.mul(e.add(vector, k), LANES))) for r, k in places]
        lanes = [partial if k == tile.vectors - 1 else 0 for _, k in places]
        old = [_load_row(e, address, count) for address, count in zip(there, lanes, strict=True)]
        sums = [e.b.select(self.adding, value, e.splat(0.0)) for value in old]
        for address, count, value in zip(there, lanes, self._sums(tile, i, vector, blocks, sums), strict=True):
            _store_row(e, value, address, count)

    def _sums(self, tile: _Tile, i: Index, vector: Index, blocks: Index, sums: list[ir.Value]) -> list[ir.Value]:
        e = self.e
        with e.carrying(blocks, sums) as outer:
            numbers = [e.address(self.x, (e.add(i, r),), outer.index) for r in range(tile.numbers)]
            block = e.mul(outer.index, self.vectors)
            rows = [e.mul(e.add(block, e.add(vector, k)), LANES * LANES) for k in range(tile.vectors)]
            with e.carrying(LANES, outer.values) as turn:
                example = e.mul(turn.index, LANES)
                gs = [e.load(e.b.gep(self.cotangents, [e.index(e.add(row, example))])) for row in rows]
                for r in range(tile.numbers):
                    number = e.splat(e.b.load(e.b.gep(numbers[r], [turn.index])))
                    for k, g in enumerate(gs):
                        at = r * tile.vectors + k
                        turn.values[at] = e.fma(number, g, turn.values[at])
            outer.values = turn.values
        return list(outer.values)


def _mask(lanes: int) -> ir.Constant:
    return ir.Constant(ir.VectorType(I1, LANES), [lane < lanes for lane in range(LANES)])


def _load_row(e: Emitter, address: ir.Value, lanes: int) -> ir.Value:
    """Sixteen numbers, or the first `lanes` of them and zeros if that is not 0; no others are touched."""
    if not lanes:
        return e.load_unaligned(address)
    pointer = e.b.bitcast(address, VECTOR.as_pointer())
    return e.intrinsic("llvm.masked.load.v16f32.p0", VECTOR, (pointer, I32(4), _mask(lanes), e.splat(0.0)))


def _store_row(e: Emitter, value: ir.Value, address: ir.Value, lanes: int) -> None:
    """Store sixteen numbers, or the first `lanes` of them if that is not 0."""
    if not lanes:
        e.store_unaligned(value, address)
        return
    pointer = e.b.bitcast(address, VECTOR.as_pointer())
    e.intrinsic("llvm.masked.store.v16f32.p0", ir.VoidType(), (value, pointer, I32(4), _mask(lanes)))


class Products(Stored):
    """Of each example's vector with a matrix."""

    serves = (Dense,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        x, w = map(s.array, node.inputs)
        emit_dense(s.e, s.plan.cpu, x, w, s.array(target), op_of(node, Dense).transposed, s.blocks, epilogue)

    def has_epilogue(self, node: Node) -> bool:
        return True

    def weights(self, node: Node) -> int:
        return node.inputs[1].type.size


class MatrixGradients(Late):
    """Rows of the matrix after a round of blocks, of cotangents transposed block by block."""

    serves = (DenseWeightGrad,)

    def emit(self, s: Scope, node: Node, target: Node, epilogue: Epilogue | None) -> None:
        scratch = s.e.b.gep(s.partials(node), [s.e.index(s.e.mul(s.in_round, self.room(node)))])
        emit_cotangents(s.e, s.array(node.inputs[1]), scratch, s.occupied, s.blocks)

    def room(self, node: Node) -> int:
        return weight_grad_scratch(node.shape[1])

    def panels(self, node: Node, cpu: Cpu) -> int:
        return weight_grad_panels(cpu, *node.shape)

    def emit_late(self, s: Scope, node: Node) -> None:
        adding = s.e.b.icmp_signed("!=", s.first, s.e.index(0))
        x, cotangents, dw = s.array(node.inputs[0]), s.partials(node), s.array(node)
        emit_dense_weight_grad(s.e, s.plan.cpu, x, cotangents, dw, s.part, s.blocks, adding)
